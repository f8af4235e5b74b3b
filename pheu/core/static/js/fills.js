// Choosing a customer fills the empty fields of the form (R0.06); what was typed by hand stays.
// A record made in place, in the dialog, becomes the choice of the select that asked for it (R0.07).

document.addEventListener("picked", ({ target, detail }) => {
  const form = target.closest("[data-fills]")?.closest("form") ?? target.form;
  if (!detail?.fills || !form) return;
  for (const [name, value] of Object.entries(detail.fills)) fill(form.elements[name], value);
});

function fill(control, value) {
  if (!control || value === "" || value === null) return;
  if (control.value && !control.dataset.filled) return;
  if (value.id !== undefined && !control.tomselect) {
    control.form.querySelector(`[data-proposes="${control.name}"]`)?.dispatchEvent(new CustomEvent("fill", { detail: value }));
    return;
  }
  if (control.tomselect) {
    if (!control.value) control.dispatchEvent(new CustomEvent("fill", { detail: value }));
    return;
  }
  control.value = value;
  control.dataset.filled = "";
  control.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", ({ target, isTrusted }) => isTrusted && delete target.dataset?.filled);

let asking = null;
document.addEventListener("click", ({ target }) => {
  const link = target.closest("a[data-makes]");
  if (link) asking = link.closest("[data-field]")?.querySelector("select");
}, true);

document.addEventListener("record-made", ({ detail }) => {
  const control = asking?.isConnected && asking.tomselect;
  if (!control) return;
  control.addOption(detail.item);
  control.addItem(String(detail.item.id));
});
