// One shared dialog: a link or a submit button marked data-dialog opens its address in it.

const dialog = document.getElementById("dialog");
let opener = null;

async function open(href, from = document.activeElement) {
  if (!dialog.contains(from)) dialog.opener = opener = from; // else one leads to another: focus goes back to where both began
  await htmx.ajax("GET", href, { source: dialog, target: dialog, swap: "innerHTML" });
}

function shown() {
  if (!dialog.open && dialog.firstElementChild) dialog.showModal();
  const title = dialog.querySelector("[data-dialog-title]");
  if (title) dialog.setAttribute("aria-label", title.textContent.trim());
  focusFirst();
}

// What is wrong, else the first field; a combobox that has its answer already would only open its list. One that is not
// dressed yet (pick.js comes with the first dialog) would take keys as a plain select does: it gets the focus later.
const PICKER = "select:is([data-pick], [data-pick-url])";

function focusFirst() {
  const begin = "[autofocus]:is(:not([type=radio]), :checked)";
  const asked = dialog.querySelector("[aria-invalid='true']") ?? dialog.querySelector(begin);
  const fields = dialog.querySelectorAll(".dialog-body :is(input:not([type=hidden]), select, textarea):not([tabindex='-1'], :disabled)");
  const empty = [...fields].find((field) => !field.closest(".ts-wrapper.has-items"));
  const first = asked ?? empty ?? dialog.querySelector(".dialog-foot [type=submit]");
  if (!first?.matches(PICKER)) return first?.focus();
  if (first.tomselect) return first.tomselect.focus();
  first.dataset.awaited = "";
  dialog.focus();
}

function plainClick(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  if (link && plainClick(event)) {
    event.preventDefault();
    open(link.href, menuButton(link) || link);
  }
  const opens = event.target.closest("[data-open]");
  if (opens) document.getElementById(opens.dataset.open)?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
});

// The menu closes behind the dialog, so focus must come back to the button that opened the menu.
function menuButton(link) {
  const menu = link.closest("[popover]");
  menu?.hidePopover();
  return menu && document.querySelector(`[popovertarget="${menu.id}"]`);
}

// A GET form or button marked data-dialog carries its fields along: the ticked ids of a list.
document.addEventListener("submit", (event) => {
  const { submitter, target: form } = event;
  if (!submitter?.matches("[data-dialog]")) return;
  event.preventDefault();
  event.stopPropagation();
  const fields = new FormData(form, submitter);
  fields.delete("csrfmiddlewaretoken");
  const address = new URL(submitter.formAction || form.action, location.href);
  address.search = new URLSearchParams(fields).toString();
  open(address.href, submitter);
}, true);

// A click on the veil closes, but not one that began inside (selecting text and letting go outside),
// and not when something was typed that would be lost.
let pressedOn = null;
let typedIn = false;
dialog.addEventListener("input", () => (typedIn = true));
document.addEventListener("pointerdown", (event) => (pressedOn = event.target));
document.addEventListener("click", (event) => {
  const veil = event.target;
  if (!veil.matches?.("dialog[open]") || pressedOn !== veil || veil.id === "sign-in" || inside(veil, event)) return;
  if (veil !== dialog || !typedIn) veil.close();
});

function inside(box, { clientX, clientY }) {
  const { left, right, top, bottom } = box.getBoundingClientRect();
  return clientX >= left && clientX <= right && clientY >= top && clientY <= bottom;
}

dialog.addEventListener("close", () => {
  dialog.replaceChildren();
  typedIn = false;
  if (opener?.isConnected) opener.focus();
});
// What answers with a whole page (a lead that is converted already leads to itself) is no dialog: one goes there.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (detail.target !== dialog || !/<html/i.test(detail.xhr.responseText.slice(0, 500))) return;
  detail.shouldSwap = false;
  location.assign(detail.xhr.responseURL);
});
document.addEventListener("htmx:afterSettle", (event) => event.detail.target === dialog && shown());
document.addEventListener("dialog-close", () => dialog.open && dialog.close());
document.addEventListener("dialog-open", (event) => open(event.detail.href ?? event.detail.value));

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("form") || document.querySelector("dialog[open] form");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("button[type=submit].btn-primary, button[type=submit]"));
});
