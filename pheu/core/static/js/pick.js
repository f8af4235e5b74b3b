// Comboboxes: <select data-pick> is searchable, <select data-pick-url> asks an address for [{id, text, sub, …}].
// What can be chosen below another field (data-pick-with="province") is asked for with that one's choice.

const texts = document.body.dataset;

function labelled(item, escape) {
  const sub = item.sub ? `<span class="sub">${escape(item.sub)}</span>` : "";
  return `<div class="option">${escape(item.text)}${sub}</div>`;
}

// A cross for the mouse; the keyboard has Backspace.
function chosen(select, item, escape) {
  const cross = select.multiple ? '<span class="remove" aria-hidden="true">×</span>' : "";
  return `<div>${escape(item.text)}${cross}</div>`;
}

function addCrosses(select, control) {
  if (!select.multiple && !select.required) {
    const cross = document.createElement("span");
    Object.assign(cross, { className: "clear-button", textContent: "×", ariaHidden: "true" });
    control.control.append(cross);
  }
  control.control.addEventListener("mousedown", (event) => {
    if (!event.target.closest(".remove, .clear-button") || control.isDisabled) return;
    event.preventDefault();
    event.stopPropagation();
    if (select.multiple) control.removeItem(event.target.closest(".item").dataset.value);
    else control.clear();
  }, true);
}

function creating(item, escape) {
  return `<div class="create">${escape(texts.textCreate)} «<b>${escape(item.input)}</b>»</div>`;
}

// What the chosen item brings along (a department, a phone) is for whoever listens on the page.
function tell(select, item) {
  select.dispatchEvent(new CustomEvent("picked", { bubbles: true, detail: item ?? null }));
}

// A list over everything else, in its place (menus.js).
function lift(list, at, shown) {
  document.dispatchEvent(new CustomEvent("lift", { detail: { list, at, shown } }));
}

function settings(select) {
  const { pickUrl, pickCreate } = select.dataset;
  const base = {
    valueField: "id",
    labelField: "text",
    searchField: pickUrl ? [] : ["text"],
    maxOptions: 100,
    maxItems: select.multiple ? null : 1,
    create: pickCreate !== undefined && ((input) => ({ id: pickCreate === "1" ? input : `${pickCreate}${input}`, text: input })),
    placeholder: select.getAttribute("placeholder") || "",
    hidePlaceholder: true,
    openOnFocus: false, // it would lie over what follows before anybody asked for it
    // The server ranks, with marks and without; sorting again would undo that.
    sortField: [{ field: "$order" }, { field: "$score" }],
    render: { option: labelled, option_create: creating, item: (item, escape) => chosen(select, item, escape),
      no_results: (_, escape) => `<div class="no-results">${escape(texts.textNothingFound)}</div>` },
    // The focus stays: the next Tab leads to the next field.
    onItemAdd(value) {
      tell(select, this.options[value]);
      this.wrapper.classList.remove("typing");
      if (select.multiple) this.setTextboxValue("");
      this.close(); // it would lie over what follows from the choice; typing on opens it again
    },
    // Whom one has chosen stays in sight until something else is typed.
    onType(text) {
      this.wrapper.classList.toggle("typing", text !== "");
    },
    onBlur() {
      this.wrapper.classList.remove("typing");
    },
    onDropdownOpen(list) {
      lift(list, this.control, true);
    },
    onDropdownClose(list) {
      lift(list, this.control, false);
    },
    onItemRemove: () => select.multiple || tell(select, null),
  };
  return pickUrl ? { ...base, ...asking(select) } : { ...base, ...reading(select) };
}

function reading(select) {
  return { onInitialize() {
    for (const option of select.options) if (this.options[option.value]) this.options[option.value].sub = option.dataset.sub || "";
  } };
}

function asking(select) {
  const { pickUrl, pickWith } = select.dataset;
  return {
    preload: "focus",
    loadThrottle: 150,
    shouldLoad: () => true,
    score: () => () => 1,
    async load(query, callback) {
      this.clearOptions((option) => this.items.includes(String(option.id)));
      const url = new URL(pickUrl, location.href);
      if (pickWith) url.searchParams.set(pickWith, select.form.elements[pickWith]?.value ?? "");
      url.searchParams.set("q", query);
      try {
        const answer = await fetch(url, { headers: { Accept: "application/json" }, credentials: "same-origin" });
        callback(answer.ok ? await answer.json() : []);
      } catch {
        callback([]);
      }
    },
  };
}

function dress(select) {
  if (select.tomselect) return;
  // The focus waited for it, as this script came with the dialog; unless somebody types elsewhere by now.
  const now = document.activeElement;
  const waited = select.dataset.awaited !== undefined && [document.body, select.closest("dialog")].includes(now);
  const focused = now === select || waited;
  const control = new TomSelect(select, settings(select));
  if (focused) control.control_input.focus();
  openByHand(control);
  addCrosses(select, control);
  select.addEventListener("fill", ({ detail }) => { // chosen by another field: {id, text}
    control.addOption(detail);
    control.addItem(String(detail.id ?? detail));
  });
  select.setAttribute("aria-hidden", "true"); // The label now names the box; the select only carries the value.
  // What ties the label, the hint and the error to the select belongs to the box one types in.
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (select.hasAttribute(name)) control.control_input.setAttribute(name, select.getAttribute(name));
  }
}

// Another choice above takes away what does not stand below it.
document.addEventListener("change", ({ target }) => {
  for (const select of target.form?.querySelectorAll(`[data-pick-with="${CSS.escape(target.name)}"]`) ?? []) {
    const control = select.tomselect;
    if (!control) continue;
    if (select.value && control.options[select.value]?.under !== target.value) control.clear();
    control.clearOptions((option) => control.items.includes(String(option.id)));
    control.wrapper.classList.remove("preloaded");
  }
});

// A click opens and closes the list; Enter opens it, where it would else send the form around it.
function openByHand(control) {
  let wasOpen = false;
  control.control.addEventListener("pointerdown", () => (wasOpen = control.isOpen), true);
  control.control.addEventListener("click", ({ target }) => !wasOpen && !target.closest(".clear-button, .remove") && control.open());
  control.control_input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey || control.isOpen) return;
    event.preventDefault();
    control.open();
  }, true);
}

function withTomSelect(then) {
  if (window.TomSelect) return then();
  let script = document.querySelector("script[data-pick-script]");
  if (!script) {
    script = document.createElement("script");
    script.src = texts.tomSelect;
    script.dataset.pickScript = "";
    document.head.append(script);
  }
  script.addEventListener("load", then, { once: true });
}

function prepare(root) {
  const selects = [...root.querySelectorAll("select:is([data-pick], [data-pick-url])")];
  if (selects.length) withTomSelect(() => selects.filter((select) => select.isConnected).forEach(dress));
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
