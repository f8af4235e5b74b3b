// [data-fresh]: what a colleague has changed is drawn anew where it stands (live.js tells of what). Nothing that somebody
// is typing, dragging or choosing from is touched: it waits, or words say that there is something newer.

const LATER = 1500; // milliseconds until it is tried again
const BOARD_PAUSE = 10_000; // between two looks at a board for cards that it does not have yet

// Whether somebody is in the middle of something there.
function isBusy(place) {
  const now = document.activeElement;
  return Boolean(document.querySelector("dialog[open]") || place.querySelector(":popover-open, [aria-busy=true]")
    || place.matches("[data-dragging]") || (place.contains(now) && now.matches("input:not([type=checkbox]), textarea, select")));
}

// A record ---------------------------------------------------------------------------------------------------------

function isTypedIn(form) {
  return Boolean(form && (form.matches("[data-unsaved]") || form.querySelector("[data-save-bar]:not([hidden]), [data-open], [data-changed]")));
}

let waits;

function record(place, { ids, whole }) {
  if (!whole && !ids.includes(place.dataset.of)) return;
  clearTimeout(waits);
  if (["record-head", "timeline", "record-side"].some((id) => isBusy(document.getElementById(id)))) {
    waits = setTimeout(record, LATER, place, { whole: true });
    return;
  }
  if (!isTypedIn(document.getElementById("fields-form"))) return htmx.trigger(place, "live-changed");
  document.body.dispatchEvent(new CustomEvent("record-changed"));
  const news = document.getElementById("record-news");
  if (news) htmx.ajax("GET", news.dataset.url, { source: news, target: news, swap: "innerHTML" }).catch(() => {});
}

// What was saved or drawn anew is the newest.
document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (elt.id === "record-fields") document.getElementById("record-news")?.replaceChildren();
});

// A list -----------------------------------------------------------------------------------------------------------

function idOf(row) {
  const found = /\/(\d+)\/$/.exec(row.querySelector(".cell-title a")?.pathname ?? "");
  return found?.[1];
}

const PORTION = 50; // rows that the server draws at once

async function rows(table, { ids, whole }) {
  const shown = [...table.querySelectorAll("tbody tr")].filter((row) => idOf(row) && (whole || ids.includes(idOf(row))));
  for (let at = 0; at < shown.length; at += PORTION) await some(table, shown.slice(at, at + PORTION));
}

async function some(table, shown) {
  const asked = new URLSearchParams(location.search);
  asked.delete("after");
  for (const row of shown) asked.append("ids", idOf(row));
  const answer = await fetch(`${table.dataset.cells}rows/?${asked}`, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = new Map([...page.querySelectorAll("tbody tr")].map((row) => [idOf(row), row]));
  for (const row of shown) draw(row, fresh.get(idOf(row)));
}

function draw(row, fresh) {
  if (!row.isConnected || row.querySelector(".is-edited") || isBusy(row)) return; // drawn by what is being done there
  if (!fresh) return row.remove(); // it does not belong to this list any more
  const [ticked, now] = [row, fresh].map((one) => one.querySelector("[name=ids]"));
  if (ticked && now) now.checked = ticked.checked;
  const at = row.contains(document.activeElement) ? [...row.querySelectorAll("a, input, button")].indexOf(document.activeElement) : -1;
  row.replaceWith(fresh);
  htmx.process(fresh);
  if (at >= 0) fresh.querySelectorAll("a, input, button")[at]?.focus({ preventScroll: true });
}

// A board ----------------------------------------------------------------------------------------------------------

let looked = 0, again;

function board(place, { ids, whole }) {
  if (!whole && !ids.length) return;
  const has = ids.some((id) => place.querySelector(`.card[id$="-${id}"]`));
  const wait = has ? 0 : Math.max(0, looked + BOARD_PAUSE - Date.now());
  clearTimeout(again);
  again = setTimeout(drawBoard, wait);
}

function drawBoard() {
  const place = document.getElementById("board");
  if (!place) return;
  if (isBusy(place) || document.querySelector("#stage-menu:popover-open")) return void (again = setTimeout(drawBoard, LATER));
  looked = Date.now();
  const card = document.activeElement.closest?.(".card")?.id;
  document.body.dispatchEvent(new CustomEvent("board-changed", { detail: { card } }));
}

const draws = { record, rows, board };

document.body.addEventListener("live-news", ({ detail }) => {
  for (const place of document.querySelectorAll("[data-fresh]")) draws[place.dataset.fresh](place, detail);
});
