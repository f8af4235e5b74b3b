// A file may be dropped on its field; the field then says the file's name.

function name(drop) {
  const { files } = drop.querySelector("input[type=file]");
  const words = drop.querySelector("[data-drop-name]");
  if (!words) return;
  words.dataset.text ??= words.textContent;
  words.textContent = [...files].map((file) => file.name).join(", ") || words.dataset.text;
  words.classList.toggle("drop-name", files.length > 0);
}

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    const drop = event.target.closest?.("[data-drop]");
    if (!drop || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    drop.toggleAttribute("data-over", kind === "dragenter" || kind === "dragover");
    if (kind === "drop") take(drop, event.dataTransfer.files);
  });
}

function take(drop, files) {
  const input = drop.querySelector("input[type=file]");
  const chosen = new DataTransfer();
  for (const file of input.multiple ? files : [...files].slice(0, 1)) chosen.items.add(file);
  input.files = chosen.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}

for (const kind of ["change", "refilled"]) {
  document.addEventListener(kind, (event) => {
    const drop = event.target.closest?.("[data-drop]");
    if (drop) name(drop);
  });
}

// "Back" puts a chosen file into its field again.
addEventListener("pageshow", () => document.querySelectorAll("[data-drop]").forEach(name));
