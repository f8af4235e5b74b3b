// [data-split="/leads/7/"]: the place beside a list in which the record of a row opens, and is walked to with j and k,
// without a new page. The address says which is open; on a phone there is no room, and a row opens its page.

const place = document.querySelector("[data-split]");
const narrow = matchMedia("(max-width: 760px)");
const PAUSE = 120; // milliseconds, while somebody walks on
const PARTS = "#record-head, [data-fresh=record], .record";
let walking, shown;

function links() {
  return [...document.querySelectorAll("[data-rows] tbody .cell-title a")];
}

// What was typed and is not saved stays where it is.
function isUnsaved() {
  return Boolean(place.querySelector("[data-save-bar]:not([hidden]), form[data-unsaved]"));
}

function mark(address) {
  for (const link of links()) {
    const row = link.closest("tr");
    if (link.pathname === address) row.ariaCurrent = "true";
    else row.removeAttribute("aria-current");
  }
}

function remember(address) {
  const here = new URL(location.href);
  here.searchParams.set("open", /(\d+)\/$/.exec(address)?.[1] ?? "");
  history.replaceState(history.state, "", here);
}

async function open(address) {
  clearTimeout(walking);
  if (shown && isUnsaved()) {
    const detail = { text: place.dataset.unsavedText, level: "warning" };
    document.dispatchEvent(new CustomEvent("toast", { detail }));
    mark(shown);
    return;
  }
  const path = new URL(address, location.href).pathname;
  shown = path;
  mark(path);
  remember(path);
  await htmx.ajax("GET", address, { source: place, target: place, swap: "innerHTML", select: PARTS });
  place.scrollTop = 0;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("[data-rows] tbody .cell-title a");
  if (!link || narrow.matches || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.pathname === shown) place.focus();
  else open(link.href);
});

document.addEventListener("row-key", ({ detail: pressed }) => {
  const link = document.activeElement.closest?.("[data-rows] tbody .cell-title a");
  if (!link || narrow.matches || !"jk".includes(pressed)) return;
  clearTimeout(walking);
  walking = setTimeout(() => link.pathname !== shown && open(link.href), PAUSE);
});

// Rows that are drawn anew, or come later.
document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => target !== place && shown && mark(shown));

if (!narrow.matches) {
  const first = place.dataset.split || links()[0]?.href;
  if (first) open(first);
}
