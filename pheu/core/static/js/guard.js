// A click too many: while a form's request runs its buttons are asleep, and a thin line says that work is going on.

let running = 0;

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
  running += 1;
  document.body.dataset.waiting = "";
  const form = formOf(event);
  if (!form) return;
  const pressed = event.detail.requestConfig.triggeringEvent?.submitter;
  for (const button of buttons(form)) button.disabled = true;
  (pressed || form.querySelector("button[type=submit], button:not([type])"))?.setAttribute("aria-busy", "true");
});

document.addEventListener("htmx:afterRequest", (event) => {
  running = Math.max(0, running - 1);
  if (!running) delete document.body.dataset.waiting;
  const form = formOf(event);
  if (form) wake(form);
});

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
