// The browser's own calendar, behind a button: a date input of no height that only lends its picker. What is typed stays
// as it is typed; the server reads it (echo.js says how).

const INPUTS = "[data-date], [data-datetime]";

function hasTime(input) {
  return input.matches("[data-datetime]");
}

// Of dd/mm/yyyy hh:mm, which is what the picker and the server write; without an hour the morning is offered.
function picked(input) {
  const found = /^(\d{2})\/(\d{2})\/(\d{4})(?: (\d{2}:\d{2}))?$/.exec(input.value.trim());
  if (!found) return "";
  const [, day, month, year, hour] = found;
  return `${year}-${month}-${day}${hasTime(input) ? `T${hour ?? "09:00"}` : ""}`;
}

function put(input, native) {
  const [day, hour] = native.value.split("T");
  input.value = [day.split("-").reverse().join("/"), hour?.slice(0, 5)].filter(Boolean).join(" ");
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function lend(box) {
  if (box.dataset.ready !== undefined) return;
  const native = document.createElement("input");
  const input = box.querySelector(INPUTS);
  Object.assign(native, { type: hasTime(input) ? "datetime-local" : "date", className: "native-date", tabIndex: -1 });
  native.setAttribute("aria-hidden", "true");
  native.addEventListener("change", () => native.value && put(input, native));
  box.append(native);
  box.dataset.ready = "";
}

function prepare(root) {
  root.querySelectorAll("[data-date-box]").forEach(lend);
}

document.addEventListener("click", (event) => {
  const box = event.target.closest("button")?.closest("[data-date-box]");
  if (!box) return;
  const native = box.querySelector(".native-date");
  native.value = picked(box.querySelector(INPUTS));
  native.showPicker();
});

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
