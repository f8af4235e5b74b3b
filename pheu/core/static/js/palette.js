// Ctrl+K: pages, acts of this page, settings and records by their names, with marks or without. Opened by shortcuts.js.

const palette = document.getElementById("palette");
const input = palette.querySelector("input");
const found = document.getElementById("palette-found");
const WAIT = 150; // milliseconds after the last key, before records are asked for
// What stands on the page and can be pressed: the record's acts, and at the end the person's own menu.
const ACTS = ".record-acts :is(a, button:not([popovertarget])), [data-stages] button:not([aria-current])";
const OWN = "#person-menu-side :is(a, button)";
const UNASKED = 9; // entries before anything is typed, above the records looked at last

let entries = [];
let waiting = 0;
let asked = 0; // the answer to an older question is thrown away

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();

function fromPage(element) {
  const words = (element.getAttribute("aria-label") || element.textContent).trim().replace(/\s+/g, " ");
  if (!words || element.disabled || element.closest("[hidden]")) return null;
  const line = document.createElement("button");
  Object.assign(line, { type: "button", className: "line command" });
  const dot = Object.assign(document.createElement("span"), { className: "dot slate" });
  dot.append(...[...element.querySelectorAll("svg")].slice(0, 1).map((sign) => sign.cloneNode(true)));
  line.append(dot, Object.assign(document.createElement("span"), { className: "name cut", textContent: words }));
  line.setAttribute("role", "option");
  line.dataset.words = fold(words);
  line.addEventListener("click", () => {
    palette.close();
    element.click();
  });
  return line;
}

async function gather() {
  const [here, own] = [ACTS, OWN].map((which) => [...document.querySelectorAll(which)].map(fromPage).filter(Boolean));
  const answer = await fetch(palette.dataset.url, { headers: { "HX-Request": "true" } });
  const box = document.createElement("template");
  box.innerHTML = answer.ok ? await answer.text() : "";
  entries = [...here, ...box.content.querySelectorAll(".command"), ...own];
  entries.forEach((one, at) => Object.assign(one, { id: `command-${at}`, tabIndex: -1 }));
  show();
}

// Every word begins one of the entry's; those whose name begins so stand first.
function matching(words) {
  const fits = entries.filter(({ dataset }) => words.every((word) => ` ${dataset.words}`.includes(` ${word}`)));
  const first = (one) => (one.dataset.words.startsWith(words[0] ?? "") ? 0 : 1);
  return words.length ? fits.sort((a, b) => first(a) - first(b)).slice(0, 12) : fits.slice(0, UNASKED);
}

function show() {
  const words = fold(input.value).split(" ").filter(Boolean);
  found.replaceChildren(...matching(words));
  choose(found.firstElementChild);
  clearTimeout(waiting);
  const question = ++asked;
  if (input.value.trim().length > 1) waiting = setTimeout(() => records(question), WAIT);
  else if (!words.length) recent(question);
}

async function ask(query, question) {
  const headers = { "HX-Request": "true", "HX-Target": "found-now" };
  const answer = await fetch(`${palette.dataset.searchUrl}?${query}`, { headers });
  if (!answer.ok || question !== asked) return;
  const box = document.createElement("template");
  box.innerHTML = await answer.text();
  box.content.querySelectorAll("a").forEach((one, at) => {
    Object.assign(one, { id: `record-${at}`, tabIndex: -1 });
    one.setAttribute("role", "option");
  });
  found.append(box.content);
  if (!chosen()) choose(options()[0]);
}

const records = (question) => ask(new URLSearchParams({ q: input.value }), question);
function recent(question) {
  const ids = localStorage.getItem(`recent-${document.documentElement.dataset.person}`);
  if (ids) ask(new URLSearchParams({ recent: ids }), question);
}

const options = () => [...found.querySelectorAll("[role=option]")];
const chosen = () => found.querySelector("[aria-selected=true]");

function choose(one) {
  chosen()?.removeAttribute("aria-selected");
  one?.setAttribute("aria-selected", "true");
  one?.scrollIntoView({ block: "nearest" });
  if (one) input.setAttribute("aria-activedescendant", one.id);
  else input.removeAttribute("aria-activedescendant");
}

input.addEventListener("input", show);
input.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    const all = options();
    choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
  } else if (event.key === "Enter" && !event.isComposing) {
    chosen()?.click();
  } else {
    return;
  }
  event.preventDefault();
});
found.addEventListener("click", (event) => event.target.closest("a") && palette.close());
found.addEventListener("mousemove", (event) => {
  const one = event.target.closest("[role=option]");
  if (one && one !== chosen()) choose(one);
});
palette.addEventListener("click", (event) => event.target === palette && palette.close());

document.addEventListener("palette", () => {
  if (palette.open) return palette.close();
  input.value = "";
  palette.showModal();
  gather();
});
