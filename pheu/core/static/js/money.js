// Money: thousands are grouped while digits are typed, 1980000000 -> 1.980.000.000. Nothing else is touched: whoever types
// a dot or a comma means it («1.5 tỷ»), and how the server will read it is said below the field (echo.js).

const DIGITS = /^-?\d+$/;
const GROUPED = /^-?\d{1,3}(\.\d{3})+$/;
const ours = new WeakSet(); // fields whose dots are all our own

function grouped(text) {
  const sign = text.startsWith("-") ? "-" : "";
  const digits = text.replace(/\D/g, "").replace(/^0+(?=\d)/, "");
  return sign + digits.replace(/\B(?=(\d{3})+$)/g, ".");
}

function format(input) {
  const after = digitsIn(input.value.slice(input.selectionStart));
  input.value = grouped(input.value);
  ours.add(input);
  if (document.activeElement !== input) return;
  const caret = caretBefore(input.value, after);
  input.setSelectionRange(caret, caret);
}

function typed(event) {
  const input = event.target;
  const whole = DIGITS.test(input.value);
  const edited = event.inputType?.startsWith("delete") || /^\d$/.test(event.data ?? "");
  if (whole || (ours.has(input) && edited && /^-?[\d.]+$/.test(input.value))) format(input);
  else ours.delete(input);
}

function digitsIn(text) {
  return text.replace(/\D/g, "").length;
}

// The caret keeps as many digits behind it as it had.
function caretBefore(text, digits) {
  let at = text.length;
  while (at > 0 && digitsIn(text.slice(at)) < digits) at -= 1;
  return at;
}

function prepare(root) {
  for (const input of root.querySelectorAll("[data-money]")) {
    if (DIGITS.test(input.value)) format(input);
    else if (GROUPED.test(input.value)) ours.add(input);
    else ours.delete(input);
  }
}

document.addEventListener("input", (event) => event.target.matches("[data-money]") && !event.isComposing && typed(event));
document.addEventListener("reset", ({ target }) => setTimeout(() => prepare(target)));
prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
