// Ticking rows: all of them, a stretch with Shift, and the count on the bulk bar.

let last = null;

function boxes(list) {
  return [...list.querySelectorAll("input[name='ids']")];
}

function count(list) {
  const all = boxes(list);
  const ticked = all.filter((box) => box.checked).length;
  const head = list.querySelector("[data-tick-all]");
  if (head) {
    head.checked = ticked > 0 && ticked === all.length;
    head.indeterminate = ticked > 0 && ticked < all.length;
  }
  const words = list.querySelector("[data-bulk-count]");
  if (words) words.textContent = words.dataset.text.replace("{n}", ticked);
}

function tick(all, checked) {
  for (const box of all) box.checked = checked;
}

document.addEventListener("click", (event) => {
  const list = event.target.closest("[data-rows]");
  if (!list) return;
  const all = boxes(list);
  if (event.target.matches("input[name='ids']")) {
    if (event.shiftKey && last?.isConnected && list.contains(last)) stretch(all, last, event.target);
    last = event.target;
  } else if (event.target.matches("[data-tick-all]")) {
    tick(all, event.target.checked);
  } else if (event.target.closest("[data-bulk-clear]")) {
    tick(all, false);
  } else {
    return;
  }
  count(list);
});

function stretch(all, from, to) {
  const [start, end] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  tick(all.slice(start, end + 1), to.checked);
}

// After a swap, and after "back", which ticks what was ticked before.
document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("[data-rows]").forEach(count));
addEventListener("pageshow", () => document.querySelectorAll("[data-rows]").forEach(count));
