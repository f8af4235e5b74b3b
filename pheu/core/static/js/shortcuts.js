// Single keys: / searches, c creates, g and a letter goes somewhere, ? tells them all. They can be switched off.

const KEY = "pheu-shortcuts-off";
let going = -Infinity; // when g was pressed

function off() {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
}

function typing(target) {
  return target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], .ts-wrapper");
}

// Focus first: the arrow keys of the menu start from its button, and Esc comes back to it.
function pressed(button) {
  button?.focus();
  button?.click();
}

const acts = {
  "/": () => document.querySelector("[data-search]")?.focus(),
  c: () => pressed(document.querySelector("[data-create], [popovertarget=menu-create]")),
  // Rows of a list: the next, the one before, tick, open.
  ...Object.fromEntries([..."jkxo"].map((key) => [key, () => document.dispatchEvent(new CustomEvent("row-key", { detail: key }))])),
  "?": () => document.getElementById("shortcuts")?.showModal(),
};

// What the page itself gives a key to: data-press="t". The arrows belong to an open menu, if there is one.
function named(key) {
  return !document.querySelector(".menu:popover-open") && document.querySelector(`[data-press="${CSS.escape(key)}"]`);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (off() || typing(event.target) || document.querySelector("dialog[open]")) return;
  const place = event.timeStamp - going < 1500 && document.querySelector(`.sidebar [data-key="${CSS.escape(event.key)}"]`);
  going = -Infinity;
  if (place) place.click();
  else if (event.key === "g") going = event.timeStamp;
  else if (named(event.key)) named(event.key).click();
  else if (acts[event.key]) acts[event.key]();
  else return;
  event.preventDefault();
});

// Ctrl+K, or ⌘K, from anywhere, from inside a field too.
document.addEventListener("keydown", async (event) => {
  const palette = document.getElementById("palette");
  const isOpener = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k";
  if (!isOpener || !palette || document.querySelector("dialog[open]:not(#palette)")) return;
  event.preventDefault();
  await import(palette.dataset.script);
  document.dispatchEvent(new CustomEvent("palette"));
});

const toggle = document.querySelector("[data-shortcuts-on]");
if (toggle) {
  toggle.checked = !off();
  toggle.addEventListener("change", () => {
    try {
      localStorage.setItem(KEY, toggle.checked ? "0" : "1");
    } catch {
      // Not remembered.
    }
  });
}
