// Money: thousands are grouped while typing, 1980000000 -> 1.980.000.000. Words («1,5 tỷ») are left to the server.

const PLAIN = /^-?[\d.\s]*$/;

function grouped(text) {
  const sign = text.trimStart().startsWith("-") ? "-" : "";
  const digits = text.replace(/\D/g, "").replace(/^0+(?=\d)/, "");
  return sign + digits.replace(/\B(?=(\d{3})+$)/g, ".");
}

function format(input) {
  if (!PLAIN.test(input.value)) return;
  const after = digitsIn(input.value.slice(input.selectionStart));
  input.value = grouped(input.value);
  if (document.activeElement !== input) return;
  const caret = caretBefore(input.value, after);
  input.setSelectionRange(caret, caret);
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

document.addEventListener("input", (event) => event.target.matches("[data-money]") && !event.isComposing && format(event.target));
document.addEventListener("reset", ({ target }) => setTimeout(() => target.querySelectorAll("[data-money]").forEach(format)));
document.querySelectorAll("[data-money]").forEach(format);
document.addEventListener("htmx:load", (event) => event.detail.elt.querySelectorAll("[data-money]").forEach(format));
