// The bar of unsaved edits: a form marked data-dirty-bar counts what differs from how it was drawn.
// A form marked data-dirty-form has no bar; both warn before the page is left with unsaved words that no draft keeps.

const drawn = new WeakMap();
const FORMS = "form:is([data-dirty-bar], [data-dirty-form])";
const IGNORED = new Set(["csrfmiddlewaretoken", "once", "version"]);

function values(form) {
  const found = new Map();
  for (const [name, value] of new FormData(form)) {
    if (IGNORED.has(name) || name.startsWith("initial-")) continue; // a draft brings along what the person saw
    const text = value instanceof File ? `${value.name} ${value.size}` : value;
    found.set(name, `${found.get(name) ?? ""}\n${text}`);
  }
  return found;
}

function changed(form) {
  const before = drawn.get(form);
  const now = values(form);
  return [...new Set([...before.keys(), ...now.keys()])].filter((name) => before.get(name) !== now.get(name));
}

function show(form) {
  if (!drawn.has(form)) return;
  const names = changed(form);
  const bar = form.querySelector("[data-save-bar]");
  if (bar) bar.hidden = names.length === 0;
  const words = form.querySelector("[data-dirty-count]");
  if (words) words.textContent = [...wrongIn(form), words.dataset.text.replace("{n}", names.length)].join(" · ");
  const wrong = form.querySelector("[data-wrong-count]"); // of a form without a bar
  if (wrong) wrong.hidden = !(wrong.textContent = wrongIn(form).join(""));
  for (const field of form.querySelectorAll("[data-field]")) {
    field.toggleAttribute("data-changed", names.includes(field.dataset.field));
  }
}

// What a refused save found wrong is counted in the bar, and the first of it is where one goes on typing.
function wrongFields(form) {
  return [...form.querySelectorAll("[data-field][data-invalid]")];
}

function wrongIn(form) {
  const many = wrongFields(form).length;
  return many ? [document.body.dataset.textWrong.replace("{n}", many)] : [];
}

function point(form) {
  const [first] = wrongFields(form);
  const place = first ?? form.querySelector("[role=alert]");
  if (!place || form.closest("dialog")) return;
  place.scrollIntoView({ block: "center" });
  const control = first?.querySelector("select, textarea, input:not([type=hidden])") ?? place;
  if (control === place) place.tabIndex = -1;
  (control.tomselect ?? control).focus({ preventScroll: true });
}

function remember(form) {
  drawn.set(form, values(form));
  show(form);
}

function forms(root) {
  return [...root.querySelectorAll(FORMS), ...(root.matches?.(FORMS) ? [root] : [])];
}

function clean(form) {
  if (drawn.has(form)) remember(form);
}

// After the other scripts had their turn: money and comboboxes change what is in a field once.
function begin() {
  forms(document).forEach(remember);
  forms(document).forEach(point);
}

if (document.readyState === "complete") begin();
else addEventListener("load", begin);
document.addEventListener("htmx:load", (event) => {
  for (const form of forms(event.detail.elt)) {
    // A form that came back with errors is still unsaved: it is measured against the form it replaced.
    if (form.matches("[data-unsaved]") || form.querySelector("[aria-invalid='true']")) drawn.set(form, unsaved ?? new Map());
    else if (!drawn.has(form)) queueMicrotask(() => remember(form));
    show(form);
    point(form);
  }
});

let unsaved = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig?.elt?.closest?.(FORMS);
  unsaved = form && event.detail.xhr.status >= 400 ? drawn.get(form) : null;
});

for (const kind of ["input", "change"]) {
  document.addEventListener(kind, (event) => {
    const form = event.target.form;
    if (form?.matches(FORMS)) show(form);
  });
}

document.addEventListener("click", (event) => {
  const form = event.target.closest("[data-discard]")?.form;
  if (!form) return;
  form.reset();
  for (const select of form.querySelectorAll("select")) select.tomselect?.sync();
  setTimeout(() => show(form)); // after the money fields were grouped again
});

document.addEventListener("saved", (event) => forms(document).filter((form) => form.contains(event.target)).forEach(clean));
// Before htmx follows the answer: on the way to what was made nobody is warned that it would be lost.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  const { elt, xhr, requestConfig } = event.detail;
  if (xhr.status >= 200 && xhr.status < 400 && requestConfig.verb !== "get" && elt.matches?.(FORMS)) clean(elt);
});

let leaving = false;
document.addEventListener("submit", (event) => (leaving = event.target.matches(FORMS) && !event.defaultPrevented));
addEventListener("beforeunload", (event) => {
  if (!leaving && forms(document).some(isLost)) event.preventDefault();
});

function isLost(form) {
  const unsaved = drawn.has(form) && changed(form).length > 0;
  return unsaved && form.dispatchEvent(new CustomEvent("leaving", { bubbles: true, cancelable: true }));
}
