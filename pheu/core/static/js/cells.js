// [data-cells]: cells of a list are edited where they stand: by the pencil that comes with the mouse, or with e on a row.
// Enter saves and goes down, Tab saves and goes on, Esc leaves it as it was. What is pasted from several cells of a
// spreadsheet goes into this row and those below it, this column and those that can be edited beside it.

const table = () => document.querySelector("[data-cells]");
const WIDE = matchMedia("(min-width: 761px)"); // on a phone rows are cards
const before = new WeakMap(); // what stood in a cell

const pencil = document.createElement("template");
pencil.innerHTML = '<button type="button" class="btn btn-ghost btn-small btn-square cell-edit" tabindex="-1"></button>';

function headOf(cell) {
  return cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
}

function canEdit(cell) {
  return cell?.tagName === "TD" && WIDE.matches && cell.parentElement.querySelector(".cell-title a") && headOf(cell)?.hasAttribute("data-edit");
}

function addressOf(cell) {
  const [, pk] = /\/(\d+)\/$/.exec(new URL(cell.parentElement.querySelector(".cell-title a").href).pathname);
  return `${table().dataset.cells}cells/${headOf(cell).dataset.column}/${pk}/`;
}

async function edit(cell) {
  if (!canEdit(cell) || cell.classList.contains("is-edited")) return;
  cell.querySelector(".cell-edit")?.remove();
  before.set(cell, [...cell.childNodes]);
  cell.classList.add("is-edited");
  await htmx.ajax("GET", addressOf(cell), { source: cell, target: cell, swap: "innerHTML" });
  if (!cell.querySelector("form")) return restore(cell); // a toast has said why not
  drawnAs.set(cell, told(cell));
  focus(cell);
}

const drawnAs = new WeakMap();
const told = (cell) => new URLSearchParams(new FormData(cell.querySelector("form"))).toString();

function focus(cell) {
  const control = cell.querySelector(".ts-control input, [data-field] :is(input, select, textarea):not([type=hidden])");
  control?.focus();
  if (control?.matches("input:not([type=checkbox], [type=radio])")) control.select?.();
}

function restore(cell) {
  cell.classList.remove("is-edited");
  cell.replaceChildren(...(before.get(cell) ?? []));
}

// Whether the cell is done with: saved, or as it was.
async function save(cell) {
  const form = cell.querySelector("form");
  if (!form || form.dataset.busy) return !form;
  if (told(cell) === drawnAs.get(cell)) {
    restore(cell);
    return true;
  }
  form.dataset.busy = "1";
  const values = {};
  for (const [name, value] of new FormData(form)) (values[name] ??= []).push(value);
  await htmx.ajax("POST", form.action, { source: cell, target: cell, swap: "innerHTML", values });
  if (cell.querySelector("form")) {
    focus(cell);
    return false;
  }
  cell.classList.remove("is-edited");
  return true;
}

function below(cell, by = 1) {
  const rows = [...table().querySelectorAll("tbody tr:not(.more, .group-row)")];
  return rows[rows.indexOf(cell.parentElement) + by]?.cells[cell.cellIndex];
}

function beside(cell, by) {
  const cells = [...cell.parentElement.cells];
  for (let at = cells.indexOf(cell) + by; cells[at]; at += by) if (!cells[at].hidden && canEdit(cells[at])) return cells[at];
  return null;
}

document.addEventListener("pointerover", (event) => {
  const cell = event.target.closest?.("[data-cells] td");
  if (event.pointerType === "touch" || !cell || !canEdit(cell) || cell.querySelector(".cell-edit, form")) return;
  const button = pencil.content.firstElementChild.cloneNode(true);
  const sign = document.querySelector("[data-cells]").dataset.editSign;
  button.innerHTML = sign;
  button.ariaLabel = button.title = table().dataset.editText.replace("{field}", headOf(cell).textContent.trim());
  cell.prepend(button);
  cell.addEventListener("pointerleave", () => button.remove(), { once: true });
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".cell-edit");
  if (!button) return;
  event.preventDefault();
  event.stopPropagation();
  edit(button.closest("td"));
}, true);

document.addEventListener("keydown", async (event) => {
  const cell = event.target.closest?.("td.is-edited");
  if (!cell) {
    const row = event.key === "e" && !event.ctrlKey && !event.metaKey && !event.altKey && event.target.closest?.("[data-cells] tbody tr");
    if (!row || event.target.matches("input, select, textarea")) return;
    event.preventDefault();
    edit([...row.cells].find(canEdit));
    return;
  }
  const isText = event.target.matches("textarea") && !event.ctrlKey && !event.metaKey;
  if (event.key === "Escape") {
    if (cell.querySelector(".dropdown-active")) return;
    event.preventDefault();
    event.stopPropagation();
    restore(cell);
    cell.parentElement.querySelector(".cell-title a").focus();
  } else if (event.key === "Tab") {
    event.preventDefault();
    if (await save(cell)) edit(beside(cell, event.shiftKey ? -1 : 1));
  } else if (event.key === "Enter" && !isText && !cell.querySelector(".dropdown-active")) {
    event.preventDefault();
    event.stopPropagation();
    if (await save(cell)) edit(below(cell));
  }
}, true);

// Whoever goes elsewhere has meant it.
document.addEventListener("focusout", ({ target, relatedTarget }) => {
  const cell = target.closest?.("td.is-edited");
  if (!cell || cell.contains(relatedTarget) || relatedTarget?.closest?.(".ts-dropdown")) return;
  setTimeout(() => cell.isConnected && !cell.contains(document.activeElement) && document.hasFocus() && save(cell));
});
document.addEventListener("submit", (event) => {
  const cell = event.target.closest?.("td.is-edited");
  if (!cell) return;
  event.preventDefault();
  save(cell);
});

// Put what is pasted where the person would: typed, or the entry of this name chosen. Whether there is such a place.
function put(cell, text) {
  const typed = cell.querySelector("[data-field] :is(input, textarea):not([type=hidden], [type=checkbox], [type=radio])");
  const choice = cell.querySelector("[data-field] select");
  const entries = choice ? [...choice.options] : [...cell.querySelectorAll("[data-field] [type=radio]")];
  if (!entries.length) {
    if (typed) typed.value = text;
    return Boolean(typed);
  }
  const named = (entry) => (entry.text ?? entry.labels[0]?.textContent ?? "").trim();
  const same = (entry) => entry.value === text || named(entry).localeCompare(text, "vi", { sensitivity: "accent" }) === 0;
  const entry = entries.find(text ? same : ({ value }) => !value);
  if (!entry) return false;
  entry[choice ? "selected" : "checked"] = true;
  choice?.tomselect?.sync();
  return true;
}

document.addEventListener("paste", async (event) => {
  const first = event.target.closest?.("td.is-edited");
  const copied = event.clipboardData?.getData("text/plain").replace(/\r/g, "").replace(/\n$/, "") ?? "";
  if (!first || !/[\n\t]/.test(copied) || event.target.matches("textarea")) return;
  event.preventDefault();
  let begin = first;
  for (const line of copied.split("\n")) {
    let cell = begin;
    for (const text of line.split("\t")) {
      if (!cell) break; // the list ends before what was copied does
      await edit(cell);
      if (!put(cell, text.trim()) || !(await save(cell))) return; // what cannot be kept stands there, and is told
      cell = beside(cell, 1);
    }
    begin = begin && below(begin);
    if (!begin) return;
  }
});
