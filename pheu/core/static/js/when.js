// Parts of a form that depend on another field: [data-when="customer=link"] shows with that choice (or one of several,
// with commas between), <details data-opens="outcome=later"> opens when it is chosen,
// [data-follows="owner"] holds what its data-values say for the chosen value (a person's department, R0.16), and
// [data-proposed-by="owner"] takes the first of them when another one is chosen, unless it holds one of them already.

function chosen(form, name) {
  return new FormData(form).get(name) ?? "";
}

function follow(form) {
  for (const part of form.querySelectorAll("[data-when]")) {
    const [name, values] = part.dataset.when.split("=");
    part.hidden = !values.split(",").includes(chosen(form, name));
  }
  for (const control of form.querySelectorAll("[data-follows]")) {
    control.value = JSON.parse(control.dataset.values)[chosen(form, control.dataset.follows)] ?? "";
  }
}

function prepare(root) {
  const parts = root.querySelectorAll("[data-when], [data-follows]");
  new Set([...parts].map((part) => part.closest("form"))).forEach((form) => form && follow(form));
}

function opens({ form, name, value }) {
  for (const part of form.querySelectorAll("[data-opens]")) {
    const [asked, values] = part.dataset.opens.split("=");
    if (asked === name && values.split(",").includes(value)) part.open = true;
  }
}

function propose({ form, name, value }) {
  for (const control of form.querySelectorAll(`[data-proposed-by="${CSS.escape(name)}"]`)) {
    const values = JSON.parse(control.dataset.values)[value]; // none of somebody who is no colleague: nobody
    if (!values || values.includes(control.value)) continue;
    control.value = values[0] ?? "";
    control.tomselect?.sync();
  }
}

for (const kind of ["change", "picked"]) {
  document.addEventListener(kind, ({ target }) => {
    if (!target.form) return;
    follow(target.form);
    opens(target);
    propose(target);
  });
}
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
