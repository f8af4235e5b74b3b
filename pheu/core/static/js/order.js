// [data-order="address"]: entries that are put in another order, by dragging their [data-grip] or with the arrow keys on
// it. Without an address the form that holds them sends it. Lists of one data-order-with take entries of each other.

const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");

function send(list) {
  if (!list.dataset.order) return;
  const ids = [...list.children].map((one) => one.dataset.id);
  htmx.ajax("POST", list.dataset.order, { source: list, swap: "none", values: { ids } });
}

function prepare(root) {
  for (const list of root.querySelectorAll("[data-order]")) {
    if (list.sortable) continue;
    list.sortable = true;
    import(document.body.dataset.sortable).then(() => makeSortable(list));
  }
}

function makeSortable(list) {
  const onEnd = ({ to, oldIndex, newIndex }) => (to !== list || oldIndex !== newIndex) && send(to);
  const group = list.dataset.orderWith;
  list.sortable = new Sortable(list, { group, handle: "[data-grip]", animation: REDUCED.matches ? 0 : 130, onEnd });
}

document.addEventListener("keydown", (event) => {
  const grip = event.target.closest?.("[data-grip]");
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!grip || !by) return;
  event.preventDefault();
  const row = grip.closest("[data-id]");
  if (!move(row, by)) return;
  grip.focus();
  send(row.parentElement);
});

function move(row, by) {
  const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (other) by < 0 ? other.before(row) : other.after(row);
  return Boolean(other) || moveOver(row, by);
}

// At the end of its list an entry goes on into the next one that takes it.
function moveOver(row, by) {
  const list = row.parentElement;
  const lists = [...document.querySelectorAll(`[data-order-with="${list.dataset.orderWith ?? ""}"]`)];
  const next = lists[lists.indexOf(list) + by];
  if (!next) return false;
  by < 0 ? next.append(row) : next.prepend(row);
  return true;
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement ?? document));
