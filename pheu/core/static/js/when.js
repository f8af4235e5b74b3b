// Parts of a form that depend on another field: [data-when="customer=link|create"] shows with one of those choices,
// [data-when="parent!="] with anything chosen,
// [data-follows="owner"] holds what its data-values say for the chosen value (a person's department, R0.16), and
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

document.addEventListener("change", ({ target }) => target.form && follow(target.form));
document.addEventListener("picked", ({ target }) => target.form && follow(target.form));
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
