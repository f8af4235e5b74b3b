// What takes away what has the focus (a swap, a page that is drawn anew) gives it to what stands in that place now (the same
// link, the next of its kind, if there is one), never to the body: after «Nhận» or «Xong» a hand goes on with the next row.

const FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select:not([disabled]), textarea:not([disabled]), summary, [tabindex='0']";
// What lies over the page goes with the act that it asked for: what it was about counts.
const OVER = "#toasts, dialog, [popover], .bulk-bar";
const SAVED = "pheu-focus";
let last = null; // a button that waits for its answer is disabled, and has lost the focus already
let home = null; // the last one on the page itself
let kept = null; // the place of what a swap takes away

const reachable = (root) => [...root.querySelectorAll(FOCUSABLE)].filter((one) => one.checkVisibility());
const named = (one) => one.getAttribute("aria-label") || one.textContent.trim();

document.addEventListener("focusin", ({ target }) => {
  last = target;
  if (!target.closest(OVER)) home = target;
});
document.addEventListener("pointerdown", ({ target }) => !target.closest(FOCUSABLE) && (last = null));

// How many stand before it, which may be asleep and reachable no more, and how to know it again.
function placeIn(root, had) {
  const before = reachable(root).filter((one) => one.compareDocumentPosition(had) & Node.DOCUMENT_POSITION_FOLLOWING);
  return { id: root.id, at: before.length, name: named(had), find: selectorOf(had) };
}

function selectorOf(element) {
  if (element.name && element.value) return `[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]`;
  if (element.matches("a[href]")) return `a[href="${CSS.escape(element.getAttribute("href"))}"]`;
  return element.id ? `#${CSS.escape(element.id)}` : null;
}

function find(root, { at, name, find }) {
  const now = reachable(root).filter((one) => !one.closest(OVER) || root.closest(OVER));
  const same = find && now.find((one) => one.matches(find) && (!one.matches("a") || named(one) === name));
  return same || (now.slice(at).find((one) => name && named(one) === name) ?? now[Math.min(at, now.length - 1)] ?? nextTo(root));
}

// Where nothing is left in a place: what stands before it.
function nextTo(root) {
  const now = reachable(document.body).filter((one) => !one.closest(OVER));
  return now.findLast((one) => one.compareDocumentPosition(root) & Node.DOCUMENT_POSITION_FOLLOWING) ?? now[0];
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

// A page that is drawn anew where it is: a stage, an end, what was taken back, what was done to ticked rows.
function isThisPage(xhr) {
  const to = xhr.getResponseHeader("HX-Redirect");
  return xhr.getResponseHeader("HX-Refresh") === "true" || (to && new URL(to, location.href).pathname === location.pathname);
}

document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  if (!home?.isConnected || !isThisPage(xhr)) return;
  const root = home.parentElement?.closest("[id]") ?? document.body;
  const place = { ...placeIn(root, home), path: location.pathname, seen: home.matches(":focus-visible") };
  sessionStorage.setItem(SAVED, JSON.stringify(place));
});

function goOn() {
  const place = JSON.parse(sessionStorage.getItem(SAVED) ?? "null");
  sessionStorage.removeItem(SAVED);
  if (place?.path !== location.pathname || document.activeElement !== document.body) return;
  const root = (place.id && document.getElementById(place.id)) || document.body;
  find(root, place)?.focus({ preventScroll: true, focusVisible: place.seen });
}

try {
  goOn();
} catch {
  // Storage is closed to us: then the page begins at its top.
}
