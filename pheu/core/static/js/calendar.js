// The calendar by hand: work is dragged to another place, its lower edge to another end, and a stretch of free hours is
// drawn for new work. With the keyboard: Alt with an arrow moves the entry in focus, with Shift it lasts longer or shorter.
// What is sent is what «Another time» sends, so the toast takes it back.

const MINUTE = 60_000, QUARTER = 15, HOUR = 60, DAY = 24 * HOUR;
const FAR = 5; // pixels before a press is a drag
const EDGE = 7; // pixels above the end of a block by which it is held there

let held = null; // what goes on: { kind, from, to, entry?, start: [x, y], moving }

// A day and an hour as the page says them, without a zone: the company's clock is the only one.
function read(text) {
  return new Date(`${text}Z`);
}

function typed(moment) {
  const [day, time] = moment.toISOString().split("T");
  return `${day.split("-").reverse().join("/")} ${time.slice(0, 5)}`;
}

function placeAt({ clientX, clientY }) {
  return document.elementsFromPoint(clientX, clientY).find((one) => one.matches("[data-calendar] td"));
}

function begins(place) {
  return read(new URL(place.querySelector(".slot").href).searchParams.get("at"));
}

function isWhole(place) {
  return place.closest("tr").matches("[data-whole]");
}

function isMonth(place) {
  return Boolean(place.closest(".calendar-month"));
}

// Sending -------------------------------------------------------------------------------------------------------------

function send(entry, due, lasts) {
  const { at, lasts: was, move } = entry.dataset;
  if (lasts < 0 || (+due === +read(at) && lasts === Number(was))) return;
  htmx.ajax("POST", move, { source: entry, target: entry, swap: "none", values: { due_at: typed(due), lasts: lasts || "" } });
}

function moved({ entry, from, to }) {
  const lasts = Number(entry.dataset.lasts), at = read(entry.dataset.at);
  if (isWhole(to) && !isMonth(to)) return send(entry, begins(to), lasts % DAY ? 0 : lasts);
  const shift = begins(to) - begins(from);
  send(entry, new Date(+at + shift), lasts && lasts % DAY === 0 && shift % (DAY * MINUTE) ? HOUR : lasts);
}

function resized({ entry, to, y }) {
  const { top, height } = to.getBoundingClientRect();
  const quarters = Math.min(4, Math.floor((4 * (y - top)) / height) + 1);
  const at = read(entry.dataset.at);
  const lasts = (begins(to) - at) / MINUTE + quarters * QUARTER;
  send(entry, at, Math.max(QUARTER, Math.round(lasts / QUARTER) * QUARTER));
}

function drawn({ from, to }) {
  const [first, last] = [begins(from), begins(to)].sort((one, other) => one - other);
  const url = new URL(from.querySelector(".slot").href);
  const whole = isWhole(from);
  url.searchParams.set("at", (whole ? begins(from) : first).toISOString().slice(0, 16));
  url.searchParams.set("lasts", (last - first) / MINUTE + (whole ? DAY : HOUR));
  document.dispatchEvent(new CustomEvent("dialog-open", { detail: { href: url.pathname + url.search } }));
}

// Holding -------------------------------------------------------------------------------------------------------------

function atEdge(entry, { clientY }) {
  return entry.matches(".entry-piece.last") && entry.getBoundingClientRect().bottom - clientY <= EDGE;
}

document.addEventListener("pointerdown", (event) => {
  const calendar = event.target.closest("[data-calendar]");
  if (!calendar || event.button || event.pointerType === "touch") return;
  const entry = event.target.closest(".entry"), from = placeAt(event);
  if (!from?.querySelector(".slot")) return;
  if (entry && !entry.dataset.move) return;
  if (!entry && (!event.target.closest(".slot") || isMonth(from))) return;
  const kind = !entry ? "draw" : atEdge(entry, event) ? "resize" : "move";
  held = { kind, entry, from, to: from, start: [event.clientX, event.clientY], moving: false };
});

// Links and pictures are dragged by the browser itself unless it is told not to.
document.addEventListener("dragstart", (event) => held && event.preventDefault());

document.addEventListener("pointermove", (event) => {
  if (!held) return;
  const [x, y] = held.start;
  held.moving ||= Math.hypot(event.clientX - x, event.clientY - y) > FAR;
  if (!held.moving) return;
  const place = placeAt(event);
  if (place?.querySelector(".slot") && fits(place)) held.to = place;
  held.y = event.clientY;
  document.documentElement.dataset.dragging = held.kind;
  mark();
});

// A stretch and an end stay within their day, and hours do not mix with whole days.
function fits(place) {
  if (held.kind === "move") return true;
  if (isWhole(place) !== isWhole(held.from)) return false;
  return isWhole(place) || place.cellIndex === held.from.cellIndex;
}

function mark() {
  const places = [...document.querySelectorAll("[data-calendar] td")];
  const [first, last] = [begins(held.from), begins(held.to)].sort((one, other) => one - other);
  for (const place of places) {
    const inside = held.kind === "draw" && place.querySelector(".slot") && isWhole(place) === isWhole(held.from);
    const among = inside && begins(place) >= first && begins(place) <= last && (isWhole(place) || place.cellIndex === held.from.cellIndex);
    place.classList.toggle("drop", held.kind === "draw" ? among : place === held.to);
  }
}

function drop() {
  const done = held;
  held = null;
  delete document.documentElement.dataset.dragging;
  for (const place of document.querySelectorAll("[data-calendar] td.drop")) place.classList.remove("drop");
  return done;
}

document.addEventListener("pointerup", () => {
  const done = held && drop();
  if (!done?.moving) return;
  // The click that ends a drag opens nothing.
  addEventListener("click", stop, { capture: true, once: true });
  setTimeout(() => removeEventListener("click", stop, { capture: true }));
  if (done.kind === "draw") drawn(done);
  else if (done.kind === "resize") resized(done);
  else if (done.to !== done.from) moved(done);
});

function stop(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

document.addEventListener("pointercancel", () => held && drop());

// Without a mouse -----------------------------------------------------------------------------------------------------

const STEPS = { ArrowUp: -HOUR, ArrowDown: HOUR, ArrowLeft: -DAY, ArrowRight: DAY };
const LENGTHS = { ArrowUp: -QUARTER, ArrowDown: QUARTER };

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && held) return void drop();
  const entry = event.target.closest?.("[data-calendar] .entry[data-move]");
  if (!entry || !event.altKey) return;
  const step = (event.shiftKey ? LENGTHS : STEPS)[event.key];
  if (!step) return;
  event.preventDefault();
  event.stopPropagation();
  const at = read(entry.dataset.at), lasts = Number(entry.dataset.lasts);
  if (event.shiftKey) send(entry, at, lasts + step);
  else send(entry, new Date(+at + step * MINUTE), lasts);
});
