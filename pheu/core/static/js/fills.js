// Choosing a customer fills the empty fields of the form (R0.06); what was typed by hand stays.
// What an address says of its place fills in likewise, or is offered below it (data-offers).
// A record made in place, in the dialog, becomes the choice of the select that asked for it (R0.07).

document.addEventListener("picked", ({ target, detail }) => {
  delete target.dataset.filled; // by hand, unless it is filled in this moment
  const form = target.closest("[data-fills]")?.closest("form") ?? target.form;
  if (!detail?.fills || !form) return;
  for (const [name, value] of Object.entries(detail.fills)) fill(form.elements[name], value);
});

// What the server reads in what was typed (a place in an address). What it reads no more goes, unless it is somebody's.
document.addEventListener("told", ({ target, detail }) => {
  for (const [name, value] of Object.entries(detail.fills)) {
    const control = target.form?.elements[name];
    if (value !== "") fill(control, value);
    else if (control?.dataset.filled !== undefined) empty(control);
  }
});

// One of several that were offered, whatever stands there. On a page that is read, that alone is saved at once.
document.addEventListener("click", ({ target }) => {
  const offer = target.closest("button[data-offers]");
  if (!offer) return;
  const saves = offer.form.matches("[data-reads]") && !offer.form.querySelector("[data-open], [data-changed]");
  for (const [name, value] of Object.entries(JSON.parse(offer.dataset.offers))) {
    const control = offer.form.elements[name];
    if (!control) continue;
    control.dataset.filled = "";
    fill(control, value);
    delete control.dataset.filled;
  }
  if (saves) offer.form.requestSubmit();
  offer.closest(".offers").remove(); // who else is there goes on being said
});

function empty(control) {
  if (control.tomselect) control.tomselect.clear();
  else control.value = "";
}

function fill(control, value) {
  if (!control || value === "" || value === null) return;
  if (control.value && control.dataset.filled === undefined) return;
  if (value.id !== undefined && !control.tomselect) {
    control.form.querySelector(`[data-proposes="${control.name}"]`)?.dispatchEvent(new CustomEvent("fill", { detail: value }));
    return;
  }
  if (control.tomselect) control.dispatchEvent(new CustomEvent("fill", { detail: value }));
  else control.value = value;
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
