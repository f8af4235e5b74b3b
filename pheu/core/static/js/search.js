// The search of the top bar answers while one types: arrow keys walk through what was found, Esc closes it.

const form = document.querySelector("[data-search-now]");
const input = form.querySelector("[data-search]");
const found = document.getElementById("found-now");
let closed = false; // by Esc, until one types on

function show(shown) {
  found.hidden = !shown || !found.firstElementChild || !input.value.trim();
}

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target === found) show(!closed && form.contains(document.activeElement));
});
input.addEventListener("focus", () => show(true));
input.addEventListener("input", () => {
  closed = false;
  if (!input.value.trim()) show(false);
});
form.addEventListener("focusout", (event) => form.contains(event.relatedTarget) || show(false));
// Pressed with the mouse the panel itself must not take the focus away: it would close before the click.
found.addEventListener("mousedown", (event) => event.target.closest("a") || event.preventDefault());

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
