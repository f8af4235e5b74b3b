// <textarea data-rich>: a text with its looks (bold, lists, links, pictures) is written beside it and kept in it as HTML, so
// that drafts and forms go on as with any other text. The buttons stand in [data-rich-bar] before it.

const ALLOWED = {
  ALLOWED_TAGS: ["p", "br", "div", "span", "b", "strong", "i", "em", "u", "s", "a", "ul", "ol", "li", "blockquote", "img", "h3",
    "table", "thead", "tbody", "tr", "td", "th", "pre", "code"],
  ALLOWED_ATTR: ["href", "src", "alt", "title", "colspan", "rowspan"],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|cid:|data:image\/(?:png|jpeg|gif|webp);base64,)/i,
  RETURN_DOM_FRAGMENT: true,
};
const DOES = {
  bold: ["B", "bold", "removeBold"],
  italic: ["I", "italic", "removeItalic"],
  underline: ["U", "underline", "removeUnderline"],
  list: ["UL", "makeUnorderedList", "removeList"],
  numbers: ["OL", "makeOrderedList", "removeList"],
  quote: ["BLOCKQUOTE", "increaseQuoteLevel", "decreaseQuoteLevel"],
};
const HANDLER = /\son\w+\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi;
const LARGEST = 8 * 1024 * 1024; // bytes of one picture

async function dress(text) {
  if (text.dataset.richOn !== undefined) return;
  text.dataset.richOn = "";
  await import(text.dataset.purify);
  await import(text.dataset.rich);
  if (!text.isConnected) return;
  const bar = text.closest(".field").parentElement.querySelector("[data-rich-bar]");
  const [box, place] = [document.createElement("div"), document.createElement("div")];
  const label = document.querySelector(`label[for="${text.id}"]`);
  Object.assign(place, { className: "rich", role: "textbox", ariaMultiLine: "true", ariaLabel: label?.textContent ?? "" });
  const hadFocus = document.activeElement === text;
  box.append(bar, place);
  text.before(box);
  text.hidden = true;
  bar.hidden = false;
  // Squire asks the root for it and sets it itself.
  const editor = new Squire(place, {
    blockTag: "P",
    // What is blocked anyway is taken out before: browsers report it even where nothing of it could run.
    sanitizeToDOMFragment: (html) => document.importNode(DOMPurify.sanitize(html.replace(HANDLER, " "), ALLOWED), true),
  });
  editor.setHTML(text.value);
  editor.moveCursorToStart();
  if (hadFocus) editor.focus();
  follow(text, editor);
  buttons(bar, editor);
}

function follow(text, editor) {
  let mine = text.value;
  editor.addEventListener("input", () => {
    mine = editor.getHTML();
    text.value = mine;
    text.dispatchEvent(new Event("input", { bubbles: true }));
  });
  text.addEventListener("change", () => { // somebody else wrote into it: a draft that came back, a template
    if (text.value === mine) return;
    mine = text.value;
    editor.setHTML(mine);
  });
  text.form.addEventListener("reset", () => setTimeout(() => editor.setHTML(text.value)));
  editor.addEventListener("pasteImage", ({ detail: { clipboardData } }) => {
    for (const item of clipboardData.items) if (item.type.startsWith("image/")) insert(editor, item.getAsFile());
  });
}

function insert(editor, file) {
  if (!file || file.size > LARGEST) return;
  const reader = new FileReader();
  reader.addEventListener("load", () => editor.insertImage(reader.result, { alt: file.name }));
  reader.readAsDataURL(file);
}

function buttons(bar, editor) {
  const address = bar.querySelector("[data-rich-url]");
  const has = (tag) => editor.hasFormat(tag) || (tag.length > 1 && new RegExp(`(^|>)${tag}(>|\\[|\\.|$)`).test(editor.getPath()));
  const mark = () => {
    for (const button of bar.querySelectorAll("[data-do]")) {
      const tag = DOES[button.dataset.do]?.[0];
      if (tag) button.ariaPressed = String(has(tag));
    }
  };
  editor.addEventListener("pathChange", mark);
  editor.addEventListener("select", mark);
  bar.addEventListener("mousedown", (event) => event.target.closest("button") && event.preventDefault()); // the selection stays
  bar.addEventListener("click", ({ target }) => {
    const what = target.closest("[data-do]")?.dataset.do;
    if (what === "link") {
      address.hidden = !address.hidden;
      if (!address.hidden) address.focus();
    } else if (DOES[what]) {
      const [tag, put, take] = DOES[what];
      editor[has(tag) ? take : put]();
      mark();
    }
  });
  address.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    const url = address.value.trim();
    address.hidden = true;
    address.value = "";
    editor.focus();
    if (event.key === "Enter") url ? editor.makeLink(/^[a-z]+:/i.test(url) ? url : `https://${url}`) : editor.removeLink();
  });
  bar.querySelector("input[type=file]")?.addEventListener("change", ({ target }) => {
    for (const file of target.files) insert(editor, file);
    target.value = "";
  });
}

function prepare(root) {
  for (const text of root.querySelectorAll("textarea[data-rich]")) dress(text);
}

prepare(document);
document.addEventListener("htmx:load", ({ detail: { elt } }) => prepare(elt));

// [data-template]: a template fills the subject and stands above what was written; an empty letter becomes it.
document.addEventListener("change", async ({ target }) => {
  const at = target.matches("select[data-template]") && target.value && target.closest("[data-templates]");
  if (!at) return;
  const answer = await fetch(`${at.dataset.templates}?template=${target.value}`).catch(() => null);
  if (!answer?.ok) return;
  const { subject, html } = await answer.json();
  const text = target.form.querySelector("textarea[data-rich]");
  target.form.elements.subject.value = subject;
  text.value = html + text.value;
  for (const one of [target.form.elements.subject, text]) {
    for (const kind of ["input", "change"]) one.dispatchEvent(new Event(kind, { bubbles: true }));
  }
});
