// A swap that takes away what has the focus gives it to what stands in that place now (the next of its kind, if there is
// one), never to the body: after «Nhận» or «Xong» a hand goes on with the next row.

const FOCUSABLE = "a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select:not([disabled]), textarea:not([disabled]), summary, [tabindex='0']";
let last = null; // a button that waits for its answer is disabled, and has lost the focus already
let at = -1;
let words = "";

const reachable = (root) => [...root.querySelectorAll(FOCUSABLE)].filter((one) => one.checkVisibility());

// How many of them stand before it, which may be asleep and reachable no more.
const before = (had, all) => all.filter((one) => one.compareDocumentPosition(had) & Node.DOCUMENT_POSITION_FOLLOWING).length;

document.addEventListener("focusin", ({ target }) => (last = target));
document.addEventListener("pointerdown", ({ target }) => !target.closest(FOCUSABLE) && (last = null));

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  const had = [last, document.activeElement].find((one) => one && one !== document.body && target.contains(one));
  words = had?.textContent;
  at = had && target !== had ? before(had, reachable(target)) : -1;
});

document.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
  if (at < 0 || document.activeElement !== document.body) return;
  const now = reachable(elt);
  const next = now.slice(at).find((one) => words && one.textContent === words) ?? now[Math.min(at, now.length - 1)];
  next?.focus({ preventScroll: true });
  at = -1;
});

// A page that is read again after an act (HX-Refresh) gives the focus back to what had it, or to what stands there now.
// What lies over the page (a toast, a dialog, a menu) and the bar of bulk acts go with the act: what it was about counts.
const OVER = "#toasts, dialog, [popover], .bulk-bar";
const KEY = "focus";
let home = null;

document.addEventListener("focusin", ({ target }) => !target.closest(OVER) && (home = target));
document.addEventListener("htmx:beforeOnLoad", ({ detail: { xhr } }) => {
  if (xhr.getResponseHeader("HX-Refresh") !== "true" || !home?.isConnected) return;
  store({ path: location.pathname, find: nameOf(home), words: home.textContent.trim(), at: before(home, reachable(document.body)) });
});

function nameOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  if (element.name && element.value) return `[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]`;
  return element.matches("a[href]") ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : null;
}

function store(place) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(place));
  } catch {
    // The page begins at its beginning.
  }
}

function stored() {
  try {
    const place = JSON.parse(sessionStorage.getItem(KEY));
    sessionStorage.removeItem(KEY);
    return place;
  } catch {
    return null;
  }
}

function comeBack() {
  const place = stored();
  if (place?.path !== location.pathname || document.activeElement !== document.body) return;
  const now = reachable(document.body).filter((one) => !one.closest(OVER));
  const named = now.find((one) => place.find && one.matches(place.find)) ?? now.slice(place.at).find((one) => place.words && one.textContent.trim() === place.words);
  (named ?? now[Math.min(place.at, now.length - 1)])?.focus({ preventScroll: true });
}

comeBack();
