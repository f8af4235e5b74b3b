// [data-lines]: lines of a form of which there can be any number. [data-add-line] after it adds a blank one.

const blanks = new WeakMap();

function prepare(root) {
  for (const lines of root.querySelectorAll("[data-lines]")) {
    if (blanks.has(lines)) continue;
    blanks.set(lines, lines.lastElementChild.cloneNode(true));
    lines.parentElement.querySelector("[data-add-line]").hidden = false;
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-add-line]");
  if (!button) return;
  const lines = button.parentElement.querySelector("[data-lines]");
  const line = blanks.get(lines).cloneNode(true);
  if (line.dataset.id) line.dataset.id = `new-${lines.children.length}`;
  lines.append(line);
  line.querySelector("input:not([type=hidden]), select").focus();
});

// [data-drop-line] takes its line away, and leaves the focus at the next one.
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-drop-line]");
  if (!button) return;
  const line = button.closest("[data-line]") ?? button.parentElement;
  const next = line.nextElementSibling?.querySelector("[data-drop-line]") ?? line.parentElement.parentElement.querySelector("button");
  line.remove();
  next?.focus();
});

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt.parentElement ?? document));
