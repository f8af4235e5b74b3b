// Parts of a form that depend on another field: [data-when="customer=link|create"] shows with one of those choices,
// [data-when="parent!="] with anything chosen, <details data-opens="outcome=later"> opens when it is chosen,
// [data-follows="owner"] holds what its data-values say for the chosen value (a person's department, R0.16),
// [data-proposed-by="owner"] takes the first of them when another one is chosen, unless it holds one of them already,
// [data-under-of="maker"] offers what stands below the choice of that field (its options' data-under, R4.24).

const everything = new WeakMap();

function follow(form) {
  const data = new FormData(form);
  for (const part of form.querySelectorAll("[data-when]")) {
    const [, name, not, wanted] = /^([^=!]+)(!?)=(.*)$/.exec(part.dataset.when);
    const isOne = data.getAll(name).some((one) => wanted.split("|").includes(one));
    part.hidden = isOne === Boolean(not);
  }
  for (const control of form.querySelectorAll("[data-follows]")) {
    control.value = JSON.parse(control.dataset.values)[data.get(control.dataset.follows) ?? ""] ?? "";
  }
  for (const select of form.querySelectorAll("[data-under-of]")) offerBelow(select, data);
}

function offerBelow(select, data) {
  const above = data.getAll(select.dataset.underOf);
  if (!everything.has(select)) everything.set(select, [...select.options]);
  const fits = ({ dataset }) => !dataset.under || dataset.under.split(" ").some((one) => above.includes(one));
  const left = everything.get(select).filter(fits);
  const had = select.value;
  if (left.length === select.options.length && left.every((one, at) => one === select.options[at])) return;
  select.replaceChildren(...left);
  if (select.value === had) return;
  if (!select.multiple) select.value = "";
  select.dispatchEvent(new Event("change", { bubbles: true }));
}

function prepare(root) {
  const parts = root.querySelectorAll("[data-when], [data-follows], [data-under-of]");
  new Set([...parts].map((part) => part.closest("form"))).forEach((form) => form && follow(form));
}

function opens({ form, name, value }) {
  for (const part of form.querySelectorAll("[data-opens]")) {
    const [asked, values] = part.dataset.opens.split("=");
    if (asked === name && values.split("|").includes(value)) part.open = true;
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
