// A text that proposes records of that name while one types: <input data-proposes="company" data-url="…/pick/">. What is
// chosen is kept in the field that it names and told as "picked"; what is not chosen is only a name. Where nothing has that
// name no menu lies over the next field: the way to make one stands beside the text, and in the menu for an arrow key.

const lists = new WeakMap(); // input -> its list
let asked = 0;
let making = null;

function kept(input) {
  return input.form.elements[input.dataset.proposes];
}

function listOf(input) {
  if (lists.get(input)?.isConnected) return lists.get(input);
  const list = document.createElement("div");
  Object.assign(list, { className: "ts-dropdown dropdown-active", id: `${input.id}-list`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.labels[0]?.textContent ?? "");
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) input.setAttribute(name, value);
  input.after(list);
  lists.set(input, list);
  return list;
}

async function propose(input) {
  const mine = ++asked;
  const url = new URL(input.dataset.url, location.href);
  url.searchParams.set("q", input.value);
  const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" }).catch(() => null);
  const items = answer?.ok ? await answer.json() : [];
  if (mine === asked && document.activeElement === input) show(input, items.slice(0, 8));
}

function show(input, items) {
  const list = listOf(input);
  toggle(input, false);
  list.replaceChildren(...items.map((item) => option(item.text, item.sub, () => choose(input, item))));
  if (input.dataset.newUrl) list.append(option(`+ ${input.dataset.newText} «${input.value}»`, "", () => make(input)));
  [...list.children].forEach((one, at) => (one.id = `${list.id}-${at}`));
  if (items.length) toggle(input, true);
  else if (input.dataset.newUrl) input.closest(".field").append(beside(input));
}

function option(text, sub, act) {
  const one = document.createElement("div");
  one.className = "option";
  one.setAttribute("role", "option");
  one.setAttribute("aria-selected", "false");
  one.textContent = text;
  if (sub) one.append(Object.assign(document.createElement("span"), { className: "sub", textContent: sub }));
  one.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the text
  one.addEventListener("click", act);
  return one;
}

function beside(input) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link propose-new", tabIndex: -1, textContent: `+ ${input.dataset.newText}` });
  button.addEventListener("mousedown", (event) => event.preventDefault());
  button.addEventListener("click", () => make(input));
  return button;
}

function toggle(input, shown) {
  const list = lists.get(input);
  if (!list) return;
  if (!shown) input.closest(".field").querySelector(".propose-new")?.remove();
  list.hidden = !shown;
  document.dispatchEvent(new CustomEvent("lift", { detail: { list, at: input, shown } }));
  list.classList.toggle("dropdown-active", shown);
  input.setAttribute("aria-expanded", String(shown));
  if (!shown) input.removeAttribute("aria-activedescendant");
}

function step(input, by) {
  const all = [...lists.get(input).children];
  const now = all.findIndex((one) => one.classList.contains("active"));
  const next = all[now < 0 ? (by > 0 ? 0 : all.length - 1) : (now + by + all.length) % all.length];
  for (const one of all) {
    one.classList.toggle("active", one === next);
    one.setAttribute("aria-selected", String(one === next));
  }
  next.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", next.id);
}

function choose(input, item) {
  toggle(input, false);
  link(input, item);
  kept(input).dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: item }));
}

function link(input, { id, text }) {
  const field = kept(input);
  field.value = id;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  if (text && input.value !== text) {
    input.value = text;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }
  input.dataset.picked = input.value;
  say(input, text);
}

function unlink(input) {
  const field = kept(input);
  field.value = "";
  field.dispatchEvent(new Event("change", { bubbles: true }));
  delete input.dataset.picked;
  say(input, "");
}

// Whom the text is linked with, below it, and the way to let go.
function say(input, name) {
  const around = input.closest(".field");
  around.querySelector(".linked")?.remove();
  if (!name) return;
  const words = Object.assign(document.createElement("p"), { className: "hint linked", textContent: input.dataset.linkedText.replace("{name}", name) });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "link", textContent: input.dataset.unlinkText });
  button.addEventListener("click", () => {
    unlink(input);
    input.focus();
  });
  words.append(" ", button);
  around.append(words);
}

function make(input) {
  toggle(input, false);
  making = input;
  document.dispatchEvent(new CustomEvent("dialog-open", { detail: { href: input.dataset.newUrl + encodeURIComponent(input.value) } }));
}

let waiting = 0;
function typed(input) {
  if (input.dataset.picked !== undefined && input.value !== input.dataset.picked) unlink(input);
  clearTimeout(waiting);
  if (input.value.trim().length < 2) return toggle(input, false);
  waiting = setTimeout(() => propose(input), 150);
}

document.addEventListener("input", ({ target, isTrusted, isComposing }) => {
  if (isTrusted && !isComposing && target.matches("[data-proposes]")) typed(target);
});
document.addEventListener("compositionend", ({ target }) => target.matches("[data-proposes]") && typed(target));

document.addEventListener("keydown", (event) => {
  const input = event.target;
  const list = input.matches?.("[data-proposes]") && lists.get(input);
  if (!list || !list.children.length) return;
  const active = list.querySelector(".active");
  const arrow = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (list.hidden && !arrow) return;
  if (list.hidden) toggle(input, true);
  if (arrow) step(input, arrow);
  else if (event.key === "Enter" && active) active.click();
  else if (event.key === "Escape") toggle(input, false);
  else return;
  event.preventDefault();
});

document.addEventListener("focusout", ({ target }) => target.matches?.("[data-proposes]") && toggle(target, false));

// The browser's own suggestions would lie over ours; a field that says so for good comes back empty with «Back».
function browserSuggests(input, suggests) {
  if (suggests) input.removeAttribute("autocomplete");
  else input.autocomplete = "off";
}

document.addEventListener("focusin", ({ target }) => target.matches?.("[data-proposes]") && browserSuggests(target, false));
document.addEventListener("focusout", ({ target }) => target.matches?.("[data-proposes]") && browserSuggests(target, true));
document.addEventListener("submit", ({ target }) => target.querySelectorAll("[data-proposes]").forEach((input) => browserSuggests(input, true)));
document.addEventListener("fill", ({ target, detail }) => target.matches("[data-proposes]") && link(target, detail), true);
document.addEventListener("record-made", ({ detail }) => {
  if (making?.isConnected) choose(making, detail.item);
  making = null;
});

function prepare(root) {
  for (const input of root.querySelectorAll("[data-proposes]")) {
    listOf(input);
    if (kept(input).value) say(input, input.dataset.linked || input.value);
  }
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
