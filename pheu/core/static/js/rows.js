// Rows of a list: a click anywhere opens one, keys walk along them, and ticks stay while one moves about in the list.

const OWN = "a, button, input, label, select, textarea, summary";
let last = null; // the box ticked last: Shift ticks the stretch from there

function boxes(list) {
  return [...list.querySelectorAll("input[name='ids']:not([type=hidden])")];
}

// What is ticked in this list, on whichever of its pages: kept for this tab of the browser, of one list at a time.
const KEPT = "ticks";

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) || {};
  } catch {
    return null; // the boxes alone know
  }
}

function kept(list) {
  const known = stored();
  if (!known) return new Set(boxes(list).filter((box) => box.checked).map((box) => box.value));
  return new Set(known.rows === list.dataset.rows ? known.ids : []);
}

function keep(list, ids) {
  try {
    if (ids.size) sessionStorage.setItem(KEPT, JSON.stringify({ rows: list.dataset.rows, ids: [...ids] }));
    else sessionStorage.removeItem(KEPT);
  } catch {
    // Not kept.
  }
}

// Ticks end with the list: it was opened anew, from the menu or from a page that is none of its own or its records.
// What was ticked before this script came is ticked: the boxes are drawn empty, and browsers fill none by themselves.
function begin(list) {
  const rows = stored()?.rows;
  if (rows && (rows !== list.dataset.rows || isNew())) keep(list, new Set());
  const whole = list.querySelector("[data-tick-all]")?.checked;
  const early = boxes(list).filter((box) => whole || box.checked);
  if (early.length) keep(list, new Set([...kept(list), ...early.map((box) => box.value)]));
}

function isNew() {
  const [{ type } = {}] = performance.getEntriesByType("navigation");
  if (type !== "navigate") return false; // read again, or «Back»
  return !location.search || !document.referrer.startsWith(location.origin + location.pathname);
}

// The boxes have changed.
function note(list) {
  const ids = kept(list);
  wholeOf(list)?.remove();
  for (const box of boxes(list)) ids[box.checked ? "add" : "delete"](box.value);
  keep(list, ids);
  show(list, ids);
}

// What is ticked on other pages goes along with the form.
function show(list, ids = kept(list)) {
  const all = boxes(list);
  for (const box of all) {
    box.checked = ids.has(box.value);
    ids.delete(box.value);
  }
  list.querySelectorAll("input[name='ids'][type=hidden]").forEach((one) => one.remove());
  list.append(...[...ids].map((id) => Object.assign(document.createElement("input"), { type: "hidden", name: "ids", value: id })));
  count(list, all, ids.size);
}

function count(list, all, elsewhere) {
  const ticked = all.filter((box) => box.checked).length;
  const head = list.querySelector("[data-tick-all]");
  if (head) {
    head.checked = ticked > 0 && ticked === all.length;
    head.indeterminate = ticked > 0 && ticked < all.length;
  }
  const words = list.querySelector("[data-bulk-count]");
  if (wholeOf(list)) {
    words.textContent = words.dataset.textWhole;
    list.querySelector("[data-tick-rest]").hidden = true;
    return;
  }
  const offers = offerRest(list, ticked === all.length ? ticked + elsewhere : Infinity);
  if (words) words.textContent = (offers ? words.dataset.textPage : words.dataset.text).replace("{n}", ticked + elsewhere);
}

// Once the whole page is ticked: all rows of the list. So many that they are not named one by one are a whole list.
function offerRest(list, chosen) {
  const button = list.querySelector("[data-tick-rest]");
  const size = Number(document.getElementById("list-size")?.dataset.size || 0); // comes after the page
  if (!button) return false;
  const isMore = size > Number(list.dataset.rowsMost);
  button.textContent = isMore ? button.dataset.textWhole : button.dataset.text.replaceAll("{n}", size);
  button.hidden = chosen >= size;
  return !button.hidden;
}

// The address of a whole list goes along with the form, until a tick is changed.
function wholeOf(list) {
  return list.querySelector("input[name='whole']");
}

function takeWhole(list) {
  const address = list.dataset.rowsIds;
  const value = address.slice(address.indexOf("?"));
  list.append(Object.assign(document.createElement("input"), { type: "hidden", name: "whole", value }));
  show(list);
  list.querySelector(".bulk-bar [type=submit]")?.focus();
}

async function tickRest(list, button) {
  const size = Number(document.getElementById("list-size").dataset.size);
  if (size > Number(list.dataset.rowsMost)) {
    takeWhole(list);
    return;
  }
  button.disabled = true;
  try {
    const answer = await fetch(list.dataset.rowsIds, { headers: { Accept: "application/json" } });
    const { ids } = await answer.json();
    keep(list, new Set(ids.map(String)));
    show(list);
    list.querySelector(".bulk-bar [type=submit]")?.focus();
  } catch {
    const detail = { text: document.body.dataset.textUnreachable, level: "error" };
    document.dispatchEvent(new CustomEvent("toast", { detail }));
  }
  button.disabled = false;
}

function tick(all, checked) {
  for (const box of all) box.checked = checked;
}

function stretch(all, from, to) {
  const [start, end] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  tick(all.slice(start, end + 1), to.checked);
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
  } else if (event.target.matches("[data-tick-rest]")) {
    tickRest(list, event.target);
    return;
  } else if (event.target.closest("[data-bulk-clear]")) {
    tick(all, false);
    keep(list, new Set());
  } else {
    return;
  }
  note(list);
});

// What was done with the ticked rows is done.
document.addEventListener("htmx:afterRequest", ({ detail: { requestConfig, xhr } }) => {
  const ofOneRow = requestConfig?.target?.closest?.("tbody"); // «Nhận» itself is gone by then
  const done = requestConfig?.verb === "post" && xhr.status < 400 && requestConfig.formData?.has("ids");
  if (done && !ofOneRow) document.querySelectorAll("[data-rows]").forEach((list) => keep(list, new Set()));
});
document.addEventListener("submit", ({ target, submitter }) => {
  if (target.matches("[data-rows]") && submitter?.formMethod === "post") keep(target, new Set());
});

// A click on a row opens it; what stands in it keeps its own meaning, and marking text is no click.
function pointedAt(event) {
  const row = event.target.closest?.("[data-rows] tbody tr:not(.more, .group-row)");
  return row && !event.target.closest(OWN) ? row : null;
}

function link(row) {
  return row?.querySelector(".cell-title a");
}

document.addEventListener("click", (event) => {
  const row = pointedAt(event);
  if (!row || !getSelection().isCollapsed) return;
  if (event.target.closest(".cell-check")) row.querySelector("input[name='ids']").click();
  else if (event.ctrlKey || event.metaKey) window.open(link(row).href, "_blank", "noopener");
  else if (!event.shiftKey && !event.altKey) link(row).click();
});
// Shift on the head of a column: by that as well.
document.addEventListener("click", (event) => {
  const head = event.shiftKey && event.target.closest("th a[data-also]");
  if (!head) return;
  event.preventDefault();
  location.assign(head.dataset.also);
});

document.addEventListener("auxclick", (event) => {
  const row = event.button === 1 && pointedAt(event);
  if (row) window.open(link(row).href, "_blank", "noopener");
});
document.addEventListener("mousedown", (event) => {
  if (event.button === 1 && pointedAt(event)) event.preventDefault(); // the middle button scrolls elsewhere
});

// j, k, x, o (from shortcuts.js): the row in which the focus stands.
document.addEventListener("row-key", ({ detail: pressed }) => {
  const rows = [...document.querySelectorAll("[data-rows] tbody tr:not(.more, .group-row)")];
  const focused = rows.findIndex((row) => row.contains(document.activeElement));
  const at = focused < 0 ? rows.findIndex((row) => row.ariaCurrent) : focused; // the one that is open beside (split.js)
  if (pressed === "x") rows[at]?.querySelector("input[name='ids']")?.click();
  else if (pressed === "o") link(rows[at])?.click();
  else if (pressed === "j" && at === rows.length - 1) document.querySelector("#more a")?.click();
  else link(rows[pressed === "j" ? at + 1 : Math.max(at - 1, 0)])?.focus();
});
// On a box Enter would send the form around it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.matches?.("[data-rows] input[name='ids']") || event.ctrlKey) return;
  event.preventDefault();
  link(event.target.closest("tr")).click();
});

// A group of a list: its rows come when it is opened, and fold away and come back without being asked for again.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-group]");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const group = link.closest("tbody");
  const isOpen = link.ariaExpanded === "true";
  if (group.rows.length > 1) group.classList.toggle("is-folded", isOpen);
  link.ariaExpanded = String(!isOpen);
});
document.addEventListener("htmx:afterSwap", ({ detail: { requestConfig } }) => {
  if (requestConfig?.elt?.matches?.("[data-group]")) requestConfig.elt.ariaExpanded = "true";
});

// A column that was empty so far may have something in the rows that came.
function even(list) {
  if (list.querySelector(".table-chosen")) return; // somebody wants it there
  list.querySelectorAll("thead th").forEach((head, at) => {
    const cells = [...list.querySelectorAll(`tbody tr:not(.more, .group-row) > :nth-child(${at + 1})`)];
    const idle = !head.ariaSort && !head.querySelector(".turn") && cells.length > 0 && cells.every((cell) => cell.matches(".nothing"));
    for (const cell of [head, ...cells]) cell.hidden = idle;
  });
}

function lists(each) {
  document.querySelectorAll("[data-rows]").forEach((list) => each(list));
}

// At once: whoever ticks a row that has just come must not find the others unticked by that.
document.addEventListener("htmx:afterSwap", () => {
  lists(even);
  lists((list) => show(list));
});
lists(begin);
document.addEventListener("htmx:oobAfterSwap", ({ detail }) => detail.target?.id === "list-size" && lists((list) => show(list)));
// After "back" too, which ticks what was ticked before.
addEventListener("pageshow", () => lists((list) => show(list)));
