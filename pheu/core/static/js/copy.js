// A button marked data-copy puts an address on the clipboard and says so; with data-copy-text, these words.

async function put(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without https the browser lends no clipboard: it copies what is selected.
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy], [data-copy-text]");
  if (!button) return;
  button.closest("[popover]")?.hidePopover();
  await put(button.dataset.copyText ?? new URL(button.dataset.copy, location.href).href);
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: button.dataset.copied } }));
});
