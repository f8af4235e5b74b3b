// The search of the top bar answers while one types: arrow keys walk through what was found, Esc closes it.

const form = document.querySelector("[data-search-now]");
const input = form.querySelector("[data-search]");
const found = document.getElementById("found-now");
let closed = false; // by Esc, until one types on

function show(shown) {
  found.hidden = !shown || !found.firstElementChild;
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === found) show(!closed && form.contains(document.activeElement));
});
input.addEventListener("focus", () => show(true));
input.addEventListener("input", () => {
  closed = false;
  if (!input.value.trim()) found.replaceChildren();
  show(true);
});
form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || show(false));
// Pressed with the mouse the panel itself must not take the focus away: it would close before the click.
found.addEventListener("mousedown", (event) => event.target.closest("a") || event.preventDefault());

// The records that somebody has looked at last, in this browser: before anything is typed they are offered again.
const RECENT = `recent-${document.documentElement.dataset.person}`;
const MOST_RECENT = 8;
function recent() {
  try {
    return (localStorage.getItem(RECENT) ?? "").split(",").filter(Boolean);
  } catch {
    return [];
  }
}

const here = document.querySelector("[data-record]")?.dataset.record;
if (here) {
  try {
    localStorage.setItem(RECENT, [here, ...recent().filter((one) => one !== here)].slice(0, MOST_RECENT + 1).join());
  } catch {
    // Not remembered.
  }
}
input.addEventListener("focus", () => {
  const ids = recent().filter((one) => one !== here);
  if (input.value || !ids.length) return;
  htmx.ajax("GET", `${form.action}?${new URLSearchParams({ recent: ids.slice(0, MOST_RECENT).join() })}`, { source: found, target: found });
});

form.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape" && !found.hidden) {
    event.preventDefault(); // the first Esc closes the panel, the second empties the field
    input.focus();
    show(false);
    closed = true;
  } else if (step && !found.hidden) {
    event.preventDefault();
    const stops = [input, ...found.querySelectorAll("a")];
    stops[Math.min(Math.max(stops.indexOf(document.activeElement) + step, 0), stops.length - 1)].focus();
  }
});
