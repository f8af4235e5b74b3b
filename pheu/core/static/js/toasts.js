// Toasts: words that come with an answer (HX-Trigger "toast") or with the page, and the way back and forth («Undo», «Redo»).

const template = document.getElementById("toast-template");
const SECONDS = { plain: 6, way: 12, error: 12 };
const WAYS = "[data-undo], [data-redo]";

// Looked up each time: a swap may have put a fresh one in its place.
function place() {
  return document.getElementById("toasts");
}

// Shown again each time, so that the toasts lie over a dialog that was opened after them.
function bringToFront() {
  const region = place();
  if (region.matches(":popover-open")) region.hidePopover();
  region.showPopover();
}

function show({ text, level = "success", undo = "", redo = "" }) {
  const toast = template.content.firstElementChild.cloneNode(true);
  toast.dataset.level = level;
  toast.querySelector("p").textContent = text;
  toast.querySelector("use")?.setAttribute("href", iconFor(toast, level));
  for (const [name, way] of Object.entries({ undo, redo })) {
    const button = toast.querySelector(`[data-${name}]`);
    if (way) button.dataset[name] = way;
    else button.remove();
  }
  place().append(toast);
  wake();
}

function iconFor(toast, level) {
  const name = { error: "alert-circle", warning: "alert-triangle", info: "info-circle" }[level] || "circle-check";
  return toast.querySelector("use").getAttribute("href").replace(/#.*/, `#${name}`);
}

// Toasts that came with the page, with a swap, or just now: each is started once.
const awake = new WeakSet();

function wake() {
  const fresh = [...place().children].filter((toast) => !awake.has(toast));
  if (!fresh.length) return;
  bringToFront();
  for (const toast of fresh) {
    awake.add(toast);
    live(toast);
  }
}

// A toast leaves by itself, but never while somebody points at it or stands in it.
function live(toast) {
  const kind = toast.querySelector(WAYS) ? "way" : toast.dataset.level === "error" ? "error" : "plain";
  let timer;
  const leave = () => (toast.matches(":hover, :focus-within") ? wait() : dismiss(toast));
  const wait = () => (timer = setTimeout(leave, SECONDS[kind] * 1000));
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", wait);
  toast.addEventListener("focusin", ({ relatedTarget: from }) => from && !place().contains(from) && (toast.cameFrom = from));
  wait();
}

function dismiss(toast) {
  const back = toast.contains(document.activeElement) ? toast.cameFrom : null;
  toast.remove();
  if (back?.isConnected) back.focus({ preventScroll: true });
  const region = place();
  if (!region.children.length && region.matches(":popover-open")) region.hidePopover();
}

document.addEventListener("toast", (event) => {
  const said = event.detail?.value ?? event.detail;
  for (const one of Array.isArray(said) ? said : [said]) show(typeof one === "string" ? { text: one } : one);
});

document.addEventListener("click", (event) => {
  const way = event.target.closest(WAYS)?.dataset;
  const closing = event.target.closest("[data-dismiss]");
  if (way) htmx.ajax("POST", way.undo || way.redo, { source: document.body, target: document.body, swap: "none" });
  if (way || closing) dismiss(event.target.closest(".toast"));
});

// An answer that is an error and says nothing of its own gets a sentence.
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (isSaidElsewhere(event) || xhr.status === 401 || /"toast"|sign-in-needed/.test(xhr.getResponseHeader("HX-Trigger") || "")) return;
  const texts = document.body.dataset;
  show({ text: { 403: texts.textForbidden, 404: texts.textGone }[xhr.status] || texts.textFailed, level: "error" });
});

// Beside the file that did not arrive (js/uploads.js); and what asks by itself again and again says nothing at all.
function isSaidElsewhere({ detail: { elt } }) {
  return Boolean(elt.matches?.("[data-polls]") || elt.closest?.("form")?.querySelector("[data-sending][data-on]"));
}

for (const kind of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(kind, (event) => {
    if (!isSaidElsewhere(event)) show({ text: document.body.dataset.textUnreachable, level: "error" });
  });
}

wake();
document.addEventListener("htmx:afterSettle", wake);
document.addEventListener("htmx:oobAfterSwap", wake);
