// A swap that takes away what has the focus gives it to what stands in that place now (the next of its kind, if there is
// one), never to the body: after «Nhận» or «Xong» a hand goes on with the next row.

const FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select:not([disabled]), textarea:not([disabled]), summary, [tabindex='0']";
let last = null; // a button that waits for its answer is disabled, and has lost the focus already
let at = -1;
let words = "";

const reachable = (root) => [...root.querySelectorAll(FOCUSABLE)].filter((one) => one.checkVisibility());

document.addEventListener("focusin", ({ target }) => (last = target));
document.addEventListener("pointerdown", ({ target }) => !target.closest(FOCUSABLE) && (last = null));

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  const had = [last, document.activeElement].find((one) => one && one !== document.body && target.contains(one));
  words = had?.textContent;
  at = had && target !== had ? reachable(target).filter((one) => one.compareDocumentPosition(had) & Node.DOCUMENT_POSITION_FOLLOWING).length : -1;
});

document.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
  if (at < 0 || document.activeElement !== document.body) return;
  const now = reachable(elt);
  const next = now.slice(at).find((one) => words && one.textContent === words) ?? now[Math.min(at, now.length - 1)];
  next?.focus({ preventScroll: true });
  at = -1;
});
