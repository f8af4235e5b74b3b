// Fields that read as a page does and become their control on a click, Enter or F2. Escape puts back what was there.
// What was changed or refused stays open: [data-changed] of the save bar, [data-invalid] of the server.

const FIELD = "form[data-reads] .field:has(> .read)";
const CONTROLS = "input:not([type=hidden], .native-date), select, textarea";
let left = ""; // the field in which one was when the form was sent

function fieldOf(target) {
  return target.closest?.(FIELD);
}

function isOpen(field) {
  return field.matches("[data-open], [data-changed], [data-invalid]");
}

function open(field, byHand) {
  field.dataset.open = "";
  const control = field.querySelector(".ts-control input") ?? field.querySelector(CONTROLS);
  control.focus();
  if (control.matches("textarea, input[type=text]")) control.setSelectionRange(control.value.length, control.value.length);
  if (byHand && control.matches("select")) offer(control);
}

// One click chooses: the list need not be opened with a second one.
function offer(select) {
  try {
    select.showPicker();
  } catch {
    // Then a second click opens it.
  }
}

function close(field) {
  delete field.dataset.open;
}

function putBack(field) {
  for (const control of field.querySelectorAll(CONTROLS)) {
    if (control.matches("select")) for (const option of control.options) option.selected = option.defaultSelected;
    else if (control.type === "checkbox") control.checked = control.defaultChecked;
    else control.value = control.defaultValue;
    control.tomselect?.sync();
    const kept = control.form.elements[control.dataset.proposes]; // the record that goes with the text
    if (kept) kept.value = kept.defaultValue;
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
  close(field);
  field.querySelector("[data-edit]").focus();
}

document.addEventListener("click", (event) => {
  const field = fieldOf(event.target);
  if (!field || isOpen(field) || event.target.closest("a, [data-offers]") || String(getSelection())) return;
  open(field, event.detail > 0);
});

// On the way down: a list of choices closes with the same key, and only then the field.
document.addEventListener("keydown", (event) => {
  const field = fieldOf(event.target);
  if (!field || event.isComposing) return;
  if (event.key === "F2" && !isOpen(field)) open(field, false);
  else if (event.key === "Escape" && isOpen(field) && !field.querySelector(".dropdown-active")) putBack(field);
  else return;
  event.preventDefault();
}, true);

document.addEventListener("focusout", ({ target }) => {
  const field = fieldOf(target);
  if (field) setTimeout(() => document.hasFocus() && !field.contains(document.activeElement) && !field.matches("[data-changed]") && close(field));
});

// A field that another one fills may be folded away.
document.addEventListener("input", ({ target }) => {
  const folded = fieldOf(target)?.closest("details");
  if (folded) folded.open = true;
});

document.addEventListener("click", ({ target }) => {
  const form = target.closest("[data-discard]")?.form;
  form?.querySelectorAll("[data-open]").forEach(close);
});

document.addEventListener("htmx:beforeRequest", ({ detail }) => {
  if (!detail.elt.matches("form[data-reads]")) return;
  left = (fieldOf(document.activeElement) ?? detail.elt.querySelector("[data-changed]"))?.dataset.field ?? "";
});

// After a save the fields are drawn anew: the focus goes on where it was.
document.addEventListener("htmx:load", ({ detail }) => {
  if (!left || !detail.elt.querySelector("form[data-reads]") || document.activeElement !== document.body) return;
  const field = detail.elt.querySelector(`[data-field="${CSS.escape(left)}"]`);
  left = "";
  field?.closest("details")?.setAttribute("open", "");
  if (field && isOpen(field)) open(field, false);
  else field?.querySelector("[data-edit]")?.focus();
});
