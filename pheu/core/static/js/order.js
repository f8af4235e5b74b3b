// [data-order="address"]: entries that are put in another order, by dragging their [data-grip] or with the arrow keys on it.

const REDUCED = matchMedia("(prefers-reduced-motion: reduce)");

function send(list) {
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
  const onEnd = ({ oldIndex, newIndex }) => oldIndex !== newIndex && send(list);
  list.sortable = new Sortable(list, { handle: "[data-grip]", animation: REDUCED.matches ? 0 : 130, onEnd });
}

document.addEventListener("keydown", (event) => {
  const grip = event.target.closest?.("[data-grip]");
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!grip || !by) return;
  event.preventDefault();
  const row = grip.closest("[data-id]");
  const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
  if (!other) return;
  if (by < 0) other.before(row);
  else other.after(row);
  grip.focus();
  send(row.parentElement);
});

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement ?? document));
