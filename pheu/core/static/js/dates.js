// Dates are typed dd/mm/yyyy, in whatever language the browser speaks; 3/12, 31122026 and 31-12-26 are understood.

function two(number) {
  return String(number).padStart(2, "0");
}

function read(text) {
  const tidy = text.trim().replace(/[.\-\s]+/g, "/");
  const parts = /^\d{6}$|^\d{8}$/.test(tidy) ? [tidy.slice(0, 2), tidy.slice(2, 4), tidy.slice(4)] : tidy.split("/");
  if (parts.length < 2 || parts.length > 3 || !parts.every((part) => /^\d+$/.test(part))) return null;
  const [day, month, typed] = parts[0].length === 4 ? [parts[2], parts[1], parts[0]] : parts;
  const year = typed === undefined ? new Date().getFullYear() : typed.length === 2 ? 2000 + Number(typed) : Number(typed);
  const date = new Date(year, month - 1, day);
  return date.getDate() === Number(day) && date.getMonth() === month - 1 ? date : null;
}

function shown(date) {
  return `${two(date.getDate())}/${two(date.getMonth() + 1)}/${date.getFullYear()}`;
}

function iso(date) {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function put(input, text) {
  if (input.value === text) return;
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function clock(text) {
  return /\b([01]?\d|2[0-3]):([0-5]\d)\s*$/.exec(text)?.slice(1).map(two).join(":");
}

// What is typed as the browser's picker has it; a moment without an hour is offered in the morning.
function picked(input) {
  const typed = input.value.trim();
  const day = read(hasTime(input) ? typed.split(/\s/)[0] : typed);
  if (!day) return "";
  return hasTime(input) ? `${iso(day)}T${clock(typed) ?? "09:00"}` : iso(day);
}

function written(native) {
  const [day, time] = native.value.split("T");
  return [shown(new Date(`${day}T00:00`)), time?.slice(0, 5)].filter(Boolean).join(" ");
}

function hasTime(input) {
  return input.matches("[data-datetime]");
}

const INPUTS = "[data-date], [data-datetime]";

// The browser's own calendar, behind a button: a date input of no height that only lends its picker.
function lend(box) {
  if (box.dataset.ready !== undefined) return;
  const native = document.createElement("input");
  const input = box.querySelector(INPUTS);
  Object.assign(native, { type: hasTime(input) ? "datetime-local" : "date", className: "native-date", tabIndex: -1 });
  native.setAttribute("aria-hidden", "true");
  native.addEventListener("change", () => native.value && put(input, written(native)));
  box.append(native);
  box.dataset.ready = "";
}

function prepare(root) {
  root.querySelectorAll("[data-date-box]").forEach(lend);
}

document.addEventListener("focusout", (event) => {
  if (!event.target.matches?.("[data-date]")) return;
  const date = read(event.target.value);
  if (date) put(event.target, shown(date));
});

document.addEventListener("click", (event) => {
  const box = event.target.closest("button")?.closest("[data-date-box]");
  if (!box) return;
  const native = box.querySelector(".native-date");
  native.value = picked(box.querySelector(INPUTS));
  native.showPicker();
});

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
