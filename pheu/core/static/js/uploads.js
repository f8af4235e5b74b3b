// [data-sending], in the field or form of a file: how far the file is on its way, with a way to stop it. What goes wrong is
// said there, and the file stays chosen: after a broken connection, and in the form that an answer brings with its errors.

const MEGA = 1024 * 1024;
const runs = new Map(); // box -> the request that sends its file
const inputOf = (box) => box.closest(".field, form").querySelector("input[type=file]");
const boxOf = (form) => form?.querySelector("[data-sending]");

function size(bytes) {
  const [value, unit, places] = bytes < MEGA ? [bytes / 1024, "KB", 0] : [bytes / MEGA, "MB", 1];
  return `${value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: places })} ${unit}`;
}

function filled(text, facts) {
  return text.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
}

function show(box, text, facts, percent) {
  box.querySelector("[data-sending-words]").textContent = filled(text, facts);
  const bar = box.querySelector("progress");
  if (percent === null) bar.removeAttribute("value");
  else bar.value = percent;
  retitle(box, percent === null ? "" : `${percent} %`);
}

function retitle(box, words) {
  box.dataset.title = words;
  box.dispatchEvent(new CustomEvent("retitle", { bubbles: true }));
}

// On the way ------------------------------------------------------------------------------------------------------

document.addEventListener("htmx:beforeSend", ({ detail: { elt, xhr } }) => {
  const box = boxOf(elt.closest?.("form"));
  const files = box ? [...inputOf(box).files] : [];
  if (!files.length) return;
  const name = files.map((file) => file.name).join(", ");
  const moved = ({ loaded, total }) => {
    const percent = total ? Math.floor((100 * loaded) / total) : 0;
    show(box, box.dataset.textSending, { name, percent, sent: size(loaded), all: size(total) }, percent);
  };
  begin(box, xhr);
  moved({ loaded: 0, total: files.reduce((sum, file) => sum + file.size, 0) });
  xhr.upload.addEventListener("progress", moved);
  xhr.upload.addEventListener("load", ({ total }) => {
    runs.delete(box); // from here on the server works, and leaving the page stops nothing
    box.querySelector("[data-sending-cancel]").hidden = true;
    show(box, box.dataset.textSent, { name, all: size(total) }, null);
  });
});

function begin(box, xhr) {
  runs.set(box, xhr);
  say(box, "");
  box.dataset.on = "";
  box.querySelector("[data-sending-run]").hidden = false;
  box.querySelector("[data-sending-cancel]").hidden = false;
}

// An answer that leads to another page keeps the words until that page is there.
document.addEventListener("htmx:afterRequest", ({ detail: { elt, xhr } }) => {
  const box = boxOf(elt.closest?.("form"));
  if (!box || (xhr.status >= 200 && xhr.status < 400)) return;
  runs.delete(box);
  box.querySelector("[data-sending-run]").hidden = true;
  retitle(box, "");
});

addEventListener("beforeunload", (event) => runs.size && event.preventDefault());

document.addEventListener("click", ({ target }) => {
  const box = target.closest?.("[data-sending]");
  if (target.closest?.("[data-sending-cancel]")) runs.get(box)?.abort();
  if (target.closest?.("[data-sending-again]")) sendAgain(box.closest("form"), inputOf(box));
});

function sendAgain(form, input) {
  if (form.getAttribute("hx-trigger") === "change") input.dispatchEvent(new Event("change", { bubbles: true }));
  else form.requestSubmit();
}

// What went wrong -------------------------------------------------------------------------------------------------

function say(box, words, again = false) {
  const place = box.querySelector("[data-sending-error]");
  const input = inputOf(box);
  place.id ||= `${input.id || input.name}-sending-error`;
  place.hidden = !words;
  place.querySelector("span").textContent = words;
  place.querySelector("[data-sending-again]").hidden = !again;
  box.closest(".field")?.toggleAttribute("data-invalid", Boolean(words));
  input.toggleAttribute("aria-invalid", Boolean(words));
  input.setAttribute("aria-errormessage", place.id);
}

function failed({ detail: { elt, xhr } }, words) {
  const box = boxOf(elt.closest?.("form"));
  if (box?.dataset.on === undefined || xhr.status === 401) return; // nothing was being sent; or one is asked to sign in
  say(box, filled(words(box.dataset), { status: xhr.status }), true);
  inputOf(box).focus();
}

document.addEventListener("htmx:sendError", (event) => failed(event, (texts) => texts.textLost));
document.addEventListener("htmx:timeout", (event) => failed(event, (texts) => texts.textLost));
document.addEventListener("htmx:sendAbort", (event) => failed(event, (texts) => texts.textCancelled));
document.addEventListener("htmx:responseError", (event) => failed(event, (texts) => texts.textRefused));

// Too large, or of the wrong sort: said when it is chosen, before it is on its way for minutes. Before others hear of it.
document.addEventListener("change", ({ target }) => {
  if (!target.matches("input[type=file]")) return;
  const box = boxOf(target.form);
  if (!box || inputOf(box) !== target) return;
  delete box.dataset.on;
  box.closest(".field")?.querySelectorAll(":scope > .error").forEach((told) => told.remove()); // of the file before
  const wrong = [...target.files].map((file) => [file, wrongWith(file, target, box.dataset)]).filter(([, words]) => words);
  const words = wrong.map(([, told]) => told).join(" ");
  const left = target.multiple && wrong.length < target.files.length;
  if (left) leaveOut(target, wrong.map(([file]) => file));
  leftOut = left && words ? { name: target.name, words } : null;
  target.setCustomValidity(left ? "" : words);
  say(box, words);
}, true);

function wrongWith({ name, size: bytes }, { accept, dataset: { most, refused = "" } }, texts) {
  const types = accept.split(",").filter((type) => type.startsWith("."));
  const facts = { name, all: size(bytes), most: size(most), types: types.join(", ") };
  if (types.length && !types.some((type) => name.toLowerCase().endsWith(type))) return filled(texts.textType, facts);
  if (most && bytes > most) return filled(texts.textLarge, facts);
  if (most && !bytes) return filled(texts.textEmpty, facts);
  return refused.split(" ").includes(name.split(".").at(-1).toLowerCase()) ? filled(texts.textProgram, facts) : "";
}

// Of several files those that may go are sent; about the others there are words, also after the answer is there.
let leftOut = null;

function leaveOut(input, files) {
  const going = new DataTransfer();
  for (const file of input.files) if (!files.includes(file)) going.items.add(file);
  input.files = going.files;
}

document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  const input = leftOut && elt.querySelector?.(`input[type=file][name="${leftOut.name}"]`);
  if (!input) return;
  say(boxOf(input.form), leftOut.words);
  leftOut = null;
});

// The file goes over into the form that comes back with what was wrong.
let kept = null;

document.addEventListener("htmx:beforeSwap", ({ detail: { requestConfig, xhr } }) => {
  const box = xhr.status === 422 && boxOf(requestConfig.elt.closest?.("form"));
  if (box) kept = inputOf(box);
});

document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  const input = kept && elt.querySelector?.(`input[type=file][name="${kept.name}"]`);
  if (!input || input === kept) return;
  input.files = kept.files;
  kept = null;
  input.dispatchEvent(new CustomEvent("refilled", { bubbles: true }));
});
