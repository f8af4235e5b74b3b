// The browser's own calendar, behind a button: a date input of no height that only lends its picker. What is typed stays
// as it is typed; the server reads it (reads.js says how).

function two(number) {
  return String(number).padStart(2, "0");
}

// Of dd/mm/yyyy, which is what the picker and the server write.
function isoOf(text) {
  const found = /^(\d{2})\/(\d{2})\/(\d{4})$/.exec(text.trim());
  return found ? `${found[3]}-${found[2]}-${found[1]}` : "";
}

function put(input, iso) {
  const [year, month, day] = iso.split("-").map(Number);
  input.value = `${two(day)}/${two(month)}/${year}`;
  input.dispatchEvent(new Event("input", { bubbles: true }));
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

function lend(box) {
  if (box.dataset.ready !== undefined) return;
  const native = document.createElement("input");
  Object.assign(native, { type: "date", className: "native-date", tabIndex: -1 });
  native.setAttribute("aria-hidden", "true");
  native.addEventListener("change", () => native.value && put(box.querySelector("[data-date]"), native.value));
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
  native.value = isoOf(box.querySelector("[data-date]").value);
  native.showPicker();
});

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
