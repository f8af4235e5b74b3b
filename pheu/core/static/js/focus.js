// What takes away what has the focus (a swap, a page that is drawn anew) gives it to what stands in that place now (the same
// link, the next of its kind, if there is one), never to the body: after «Nhận» or «Xong» a hand goes on with the next row.

const FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select:not([disabled]), textarea:not([disabled]), summary, [tabindex='0']";
const SAVED = "pheu-focus";
let last = null; // a button that waits for its answer is disabled, and has lost the focus already
let kept = null; // {id of what is taken away, at, name, href}

const reachable = (root) => [...root.querySelectorAll(FOCUSABLE)].filter((one) => one.checkVisibility());
const named = (one) => one.getAttribute("aria-label") || one.textContent.trim();

document.addEventListener("focusin", ({ target }) => (last = target));
document.addEventListener("pointerdown", ({ target }) => !target.closest(FOCUSABLE) && (last = null));

function placeIn(root, had) {
  const before = reachable(root).filter((one) => one.compareDocumentPosition(had) & Node.DOCUMENT_POSITION_FOLLOWING);
  return { id: root.id, at: before.length, name: named(had), href: had.getAttribute("href") };
}

function find(root, { at, name, href }) {
  const now = reachable(root);
  const same = href && now.find((one) => one.getAttribute("href") === href && named(one) === name);
  return same || (now.slice(at).find((one) => name && named(one) === name) ?? now[Math.min(at, now.length - 1)]);
}

function keep(target) {
  const had = [last, document.activeElement].find((one) => one && one !== document.body && target.contains(one));
  if (had && had !== target) kept = placeIn(target, had);
}

function restore(elt) {
  if (!kept || document.activeElement !== document.body) return;
  const root = (kept.id && document.getElementById(kept.id)) || elt;
  find(root, kept)?.focus({ preventScroll: true });
  kept = null;
}

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  kept = null;
  keep(target);
});
document.addEventListener("htmx:oobBeforeSwap", ({ detail: { target } }) => keep(target));
document.addEventListener("htmx:oobAfterSwap", ({ detail: { target } }) => restore(target));
document.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => restore(elt));

// A page that is drawn anew where it is: a stage, an end, what was taken back.
function isThisPage(xhr) {
  const to = xhr.getResponseHeader("HX-Redirect");
  return xhr.getResponseHeader("HX-Refresh") === "true" || (to && new URL(to, location.href).pathname === location.pathname);
}

document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  if (!isThisPage(xhr)) return;
  const dialog = document.getElementById("dialog");
  const had = last && dialog?.contains(last) ? dialog.opener : last;
  const root = had?.isConnected && had.parentElement?.closest("[id]:not(#toasts *, #toasts)");
  if (!root) return;
  const place = { ...placeIn(root, had), path: location.pathname, seen: had.matches(":focus-visible") };
  sessionStorage.setItem(SAVED, JSON.stringify(place));
});

function goOn() {
  const place = JSON.parse(sessionStorage.getItem(SAVED) ?? "null");
  sessionStorage.removeItem(SAVED);
  const root = place?.path === location.pathname && document.getElementById(place.id);
  if (root && document.activeElement === document.body) find(root, place)?.focus({ preventScroll: true, focusVisible: place.seen });
}

try {
  goOn();
} catch {
  // Storage is closed to us: then the page begins at its top.
}
