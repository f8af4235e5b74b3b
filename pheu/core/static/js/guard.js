// A click too many: while a form's request runs its buttons are asleep, and a thin line says that work is going on; after
// a second words say so, and for how long. What asks by itself again and again ([data-polls]) is no work.

const SECOND = 1000; // milliseconds
const notice = document.querySelector("[data-waiting-words]");
let running = 0;
let began, ticking;

function isQuiet({ detail: { elt } }) {
  return Boolean(elt.matches?.("[data-polls]"));
}

function begin() {
  running += 1;
  if (running > 1) return;
  document.body.dataset.waiting = "";
  began = performance.now();
  ticking = setInterval(tell, SECOND);
}

function tell() {
  if (!notice || document.querySelector("[data-sending-run]:not([hidden])")) return; // says more itself
  notice.querySelector("[data-seconds]").textContent = Math.floor((performance.now() - began) / SECOND);
  if (!notice.matches(":popover-open")) notice.showPopover(); // over the dialog that it may be about
}

function end() {
  running = Math.max(0, running - 1);
  if (running) return;
  delete document.body.dataset.waiting;
  clearInterval(ticking);
  if (notice?.matches(":popover-open")) notice.hidePopover();
}

function buttons(form) {
  return [...form.querySelectorAll("button:not([type=button]), input[type=submit]"), ...outside(form)];
}

function outside(form) {
  return form.id ? document.querySelectorAll(`button[form="${CSS.escape(form.id)}"]`) : [];
}

function formOf(event) {
  const { elt, requestConfig } = event.detail;
  return requestConfig?.verb === "get" ? null : elt.closest?.("form");
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (isQuiet(event)) return;
  begin();
  const form = formOf(event);
  if (!form) return;
  const pressed = event.detail.requestConfig.triggeringEvent?.submitter;
  for (const button of buttons(form)) button.disabled = true;
  (pressed || form.querySelector("button[type=submit], button:not([type])"))?.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (isQuiet(event)) return;
  end();
  const form = formOf(event);
  if (form) wake(form);
});

// What shows how far work is says so when it gets no answer; the next answer takes its place.
document.addEventListener("htmx:sendError", ({ detail: { elt } }) => elt.matches?.("[data-polls]") && (elt.dataset.lost = ""));

// Work that htmx knows nothing of (downloads.js).
document.addEventListener("work-begins", begin);
document.addEventListener("work-ends", end);

// What was said is said: the composer is empty again.
document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
  if (xhr.status >= 200 && xhr.status < 400 && elt.matches?.("form[data-clears]")) elt.reset();
});

function wake(form) {
  for (const button of buttons(form)) {
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }
}

// A plain post leaves the page: the second one is dropped. "Back" finds the form awake again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post") return;
  if (form.dataset.sent !== undefined) event.preventDefault();
  form.dataset.sent = "";
});
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
