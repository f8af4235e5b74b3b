// @name while writing: colleagues are proposed below the text (<textarea data-mentions="/r/7/colleagues/">).
// What is written is the whole name; the server finds out who is meant (timeline/mentions.py).

const BEFORE = /(?:^|[\s(])@([\p{L}\p{M} ]{0,40})$/u;
const list = document.createElement("ul");
Object.assign(list, { className: "mentions", id: "mentions", role: "listbox", hidden: true });
let field = null;
let asked = 0;
let taken = ""; // the text as it was when a name had been chosen: it asks for no other

function query() {
  return BEFORE.exec(field.value.slice(0, field.selectionStart))?.[1];
}

async function propose() {
  const typed = query();
  const turn = (asked += 1);
  if (typed === undefined || /^\s|\s{2}|(\s\S+){4}/.test(typed)) return close();
  const url = new URL(field.dataset.mentions, location.href);
  url.searchParams.set("q", typed);
  const answer = await fetch(url, { credentials: "same-origin" }).then((it) => (it.ok ? it.json() : []), () => []);
  if (turn === asked) show(answer);
}

function show(people) {
  if (!people.length || document.activeElement !== field) return close();
  list.replaceChildren(...people.map(({ id, text, sub }, nth) => {
    const line = Object.assign(document.createElement("li"), { id: `mention-${id}`, role: "option", textContent: text });
    line.append(Object.assign(document.createElement("span"), { className: "sub", textContent: sub }));
    line.dataset.name = text;
    line.setAttribute("aria-selected", String(nth === 0));
    return line;
  }));
  list.setAttribute("aria-label", field.dataset.mentionsLabel);
  field.after(list);
  list.hidden = false;
  tell();
}

function tell() {
  field.toggleAttribute("aria-controls", !list.hidden);
  if (!list.hidden) field.setAttribute("aria-controls", list.id);
  const current = chosen();
  if (current && !list.hidden) field.setAttribute("aria-activedescendant", current.id);
  else field.removeAttribute("aria-activedescendant");
  current?.scrollIntoView({ block: "nearest" });
}

function chosen() {
  return list.querySelector("[aria-selected='true']");
}

function close() {
  if (list.hidden || !field) return;
  list.hidden = true;
  tell();
}

function step(by) {
  const lines = [...list.children];
  const at = lines.indexOf(chosen());
  chosen()?.setAttribute("aria-selected", "false");
  lines[(at + by + lines.length) % lines.length].setAttribute("aria-selected", "true");
  tell();
}

function take(line) {
  const end = field.selectionStart;
  field.setRangeText(`@${line.dataset.name} `, end - query().length - 1, end, "end");
  close();
  asked += 1; // what was asked for while typing comes too late
  taken = field.value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("input", ({ target, isComposing }) => {
  if (!target.matches?.("[data-mentions]")) return;
  field = target;
  if (field.value === taken) return;
  if (!isComposing || query() !== undefined) propose();
});

document.addEventListener("keydown", (event) => {
  if (list.hidden || event.target !== field || event.isComposing || event.ctrlKey || event.metaKey) return;
  const acts = { ArrowDown: () => step(1), ArrowUp: () => step(-1), Enter: () => take(chosen()), Tab: () => take(chosen()), Escape: close };
  if (!acts[event.key]) return;
  event.preventDefault();
  event.stopPropagation(); // Esc closes the list, not the dialog around it
  acts[event.key]();
}, true);

list.addEventListener("mousedown", (event) => event.preventDefault()); // the text keeps the focus
list.addEventListener("click", (event) => {
  const line = event.target.closest("li");
  if (line) take(line);
});
document.addEventListener("focusout", ({ target }) => target === field && close());
document.addEventListener("htmx:beforeRequest", () => field && close());
