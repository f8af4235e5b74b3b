// What was typed and not sent waits in this browser, for each person and form: <form data-draft>. It is put
// back when the person comes again, who may drop it, and goes when the form is sent or the person signs out (session.js).
// Two tabs keep their words apart; a new tab begins with the newest ones.

const MOST = 30; // drafts
const LARGEST = 100_000; // characters of one
const DAYS = 14;
const PREFIX = `pheu-draft:${document.documentElement.dataset.person}:`;
const NEVER = new Set(["csrfmiddlewaretoken", "once", "version"]);

const open = new WeakMap(); // form -> what is known of it
const tabs = new BroadcastChannel("pheu-drafts");
let tab = "";

function stored(work) {
  try {
    return work(localStorage);
  } catch {
    return undefined; // Storage is full or closed to us: then nothing is kept.
  }
}

stored(() => {
  tab = sessionStorage.getItem("pheu-tab") ?? Math.random().toString(36).slice(2);
  sessionStorage.setItem("pheu-tab", tab);
});

// Drafts in storage -----------------------------------------------------------------------------------------------

// A form is known by the address that it is sent to.
function begins(form) {
  return `${PREFIX}${form.getAttribute("action") ?? location.pathname + location.search}:`;
}

function slotOf(form) {
  return `${begins(form)}${tab}`;
}

// [slot, draft], the newest first.
function all(prefix = PREFIX) {
  const slots = stored((storage) => Object.keys(storage)) ?? [];
  return slots.filter((slot) => slot.startsWith(prefix)).map((slot) => [slot, read(slot)])
    .sort(([, one], [, other]) => other.at - one.at);
}

function read(slot) {
  try {
    return JSON.parse(localStorage.getItem(slot)) ?? { at: 0 };
  } catch {
    return { at: 0 };
  }
}

function tidy() {
  const oldest = Date.now() - DAYS * 24 * 3600 * 1000;
  all().forEach(([slot, { at }], nth) => (nth >= MOST || !(at > oldest)) && stored((storage) => storage.removeItem(slot)));
}

function find(form) {
  const found = all(begins(form));
  return (found.find(([slot]) => slot === slotOf(form)) ?? found[0])?.[1];
}

// What was sent or dropped is so in every tab that holds the same words.
function forget(form) {
  const known = open.get(form);
  still(known);
  const gone = [known?.began, same(read(slotOf(form)))].filter(Boolean);
  for (const [slot, draft] of all(begins(form))) {
    if (slot !== slotOf(form) && !gone.includes(same(draft))) continue;
    stored((storage) => storage.removeItem(slot));
    if (slot !== slotOf(form)) tabs.postMessage(slot);
  }
}

function still(known) {
  clearTimeout(known?.timer);
  if (known) known.timer = 0;
}

function same(draft) {
  return draft.fields ? JSON.stringify(draft.fields) : "";
}

// Values of a form ------------------------------------------------------------------------------------------------

function controls(form, name) {
  return [...form.elements].filter((one) => one.name === name && one.type !== "file");
}

// [[value, words]]: a combobox may not know the value's words any more when it is drawn again.
function values(form, name) {
  return controls(form, name).flatMap((one) => {
    if (one.type === "checkbox" || one.type === "radio") return one.checked ? [[one.value]] : [];
    if (one.options) return [...one.selectedOptions].map((option) => [option.value, option.textContent]);
    return [[one.value]];
  });
}

// Whether a field is as it was drawn, whatever the browser has put back into it by itself since.
function isAsDrawn(form, name) {
  return controls(form, name).every((one) => {
    if (one.type === "checkbox" || one.type === "radio") return one.checked === one.defaultChecked;
    if (!one.options) return one.value === one.defaultValue;
    const marked = [...one.options].filter((option) => option.defaultSelected);
    const drawn = marked.length || one.multiple ? marked : [...one.options].slice(0, 1);
    return String(drawn.map((option) => option.value)) === String([...one.selectedOptions].map((option) => option.value));
  });
}

function put(form, name, wanted) {
  const [first, ...others] = controls(form, name);
  if (name.startsWith("initial-")) {
    for (const one of controls(form, name)) one.remove();
    form.append(...wanted.map(([value]) => Object.assign(document.createElement("input"), { type: "hidden", name, value })));
    return;
  }
  if (!first) return;
  if (first.type === "checkbox" || first.type === "radio") {
    for (const one of [first, ...others]) one.checked = wanted.some(([value]) => value === one.value);
  } else if (first.options) {
    choose(first, wanted);
  } else {
    first.value = wanted[0]?.[0] ?? "";
  }
  for (const kind of ["input", "change"]) first.dispatchEvent(new Event(kind, { bubbles: true }));
}

function choose(select, wanted) {
  for (const [value, words] of wanted) {
    if (![...select.options].some((option) => option.value === value)) select.add(new Option(words, value));
  }
  for (const option of select.options) option.selected = wanted.some(([value]) => value === option.value);
  select.tomselect?.sync();
}

// Keeping ---------------------------------------------------------------------------------------------------------

function changed(form) {
  const known = open.get(form);
  const names = [...known.touched].filter((name) => known.kept.has(name) || !isAsDrawn(form, name));
  return Object.fromEntries(names.map((name) => [name, values(form, name)]));
}

function keep(form) {
  still(open.get(form));
  const fields = changed(form);
  const names = Object.keys(fields);
  if (!names.length) return forget(form);
  // What the person saw in these fields goes along: whoever changed them meanwhile is not written over unseen.
  const seen = Object.fromEntries(names.map((name) => [`initial-${name}`, values(form, `initial-${name}`)]));
  const draft = JSON.stringify({ at: Date.now(), fields, seen, once: form.elements.once?.value });
  if (draft.length > LARGEST) return;
  stored((storage) => storage.setItem(slotOf(form), draft));
  tidy();
}

function typed({ target }) {
  const { form } = target;
  if (form?.matches("[data-draft]") && !open.has(form)) begin(form, false); // typed in before it was looked at
  const known = form && open.get(form);
  if (!known || known.filling || !target.name || NEVER.has(target.name) || /file|password/.test(target.type)) return;
  known.touched.add(target.name);
  clearTimeout(known.timer);
  known.timer = setTimeout(keep, 300, form);
}

// Coming back -----------------------------------------------------------------------------------------------------

function begin(form, isStill = true) {
  if (open.has(form)) return;
  const known = { touched: new Set(), kept: new Set() }; // kept: though it is as it was drawn
  open.set(form, known);
  const draft = isStill && find(form);
  if (!draft?.fields) return;
  if (!form.matches("[data-unsaved]") && !form.querySelector("[aria-invalid='true']")) return fill(form, known, draft);
  for (const name of Object.keys(draft.fields)) { // It came back with its errors, and holds what was typed.
    known.touched.add(name);
    known.kept.add(name);
  }
}

function fill(form, known, draft) {
  Object.assign(known, { began: same(draft), once: draft.once });
  known.saw = Object.keys(draft.seen ?? {}).map((name) => [name, values(form, name)]);
  known.filling = true;
  for (const [name, wanted] of Object.entries({ ...draft.seen, ...draft.fields })) put(form, name, wanted);
  known.filling = false;
  for (const name of Object.keys(draft.fields)) known.touched.add(name);
  stored((storage) => storage.setItem(slotOf(form), JSON.stringify(draft)));
  say(form, draft.at);
}

function say(form, at) {
  const line = form.querySelector("[data-draft-line]");
  if (!line) return;
  const words = line.querySelector("[data-draft-at]");
  line.hidden = at === null;
  if (at !== null) words.textContent = words.dataset.text.replace("{at}", moment(new Date(at), words.dataset.zone));
}

// In the company's time, like every moment on the page.
function moment(at, timeZone) {
  const shown = (moment, parts) => new Intl.DateTimeFormat("en-GB", { timeZone, ...parts }).format(moment);
  const day = { day: "2-digit", month: "2-digit" };
  const time = shown(at, { hour: "2-digit", minute: "2-digit" });
  return shown(at, day) === shown(new Date(), day) ? time : `${time} ${shown(at, day)}`;
}

function prepare(root) {
  const forms = [...root.querySelectorAll("form[data-draft]"), ...(root.matches?.("form[data-draft]") ? [root] : [])];
  for (const form of forms) begin(form);
}

// A form is as it was drawn again: it was discarded, or emptied because it was sent.
function emptied(form) {
  const known = open.get(form);
  if (!known) return;
  forget(form);
  for (const [name, was] of known.saw ?? []) put(form, name, was);
  Object.assign(known, { touched: new Set(), kept: new Set(), saw: null, began: "", once: "" });
  say(form, null);
  for (const select of form.querySelectorAll("select")) select.tomselect?.sync();
  form.elements[0]?.dispatchEvent(new Event("input", { bubbles: true })); // for whoever counts what is unsaved
}

document.addEventListener("input", typed);
document.addEventListener("change", typed);
document.addEventListener("reset", ({ target }) => setTimeout(emptied, 0, target));
document.addEventListener("click", ({ target }) => target.closest("[data-draft-drop]")?.form.reset());
document.addEventListener("htmx:configRequest", ({ detail: { elt, parameters } }) => {
  const known = open.get(elt);
  if (known?.timer) keep(elt);
  // Sent as it was found: perhaps it was sent before, and only the answer was lost.
  if (known?.once && parameters.once && JSON.stringify(changed(elt)) === known.began) parameters.once = known.once;
});
document.addEventListener("htmx:afterRequest", ({ detail: { xhr, requestConfig } }) => {
  const sent = xhr.status >= 200 && xhr.status < 400 && requestConfig.verb !== "get";
  if (sent && open.has(requestConfig.elt)) forget(requestConfig.elt);
});

function forms(root) {
  return [...root.querySelectorAll("form[data-draft]")].filter((form) => open.has(form));
}

tabs.addEventListener("message", ({ data: slot }) => {
  for (const form of forms(document)) if (slotOf(form) === slot && !open.get(form).timer) form.reset();
});

// Nobody waits for the timer who leaves, or closes the dialog.
function flush(root) {
  for (const form of forms(root)) if (open.get(form).timer) keep(form);
}

// Who leaves is not warned of words that wait here (savebar.js).
document.addEventListener("leaving", (event) => {
  const form = event.target;
  if (!open.has(form)) return;
  if (open.get(form).timer) keep(form);
  if (same(read(slotOf(form))) === JSON.stringify(changed(form))) event.preventDefault();
});

addEventListener("pagehide", () => flush(document));
document.addEventListener("close", ({ target }) => flush(target), true);

tidy();
// After the scripts that change what is in a field once, and after the save bar has remembered what was drawn.
if (document.readyState === "complete") setTimeout(prepare, 0, document);
else addEventListener("load", () => setTimeout(prepare, 0, document));
document.addEventListener("htmx:load", (event) => setTimeout(prepare, 0, event.detail.elt));
