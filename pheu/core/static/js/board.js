// The board: a card is dragged, or moved with the keyboard, to another column; a refused card goes back.

const HEADS = ".column-head :is(h2, h3)";
let menu = null;
let carried = null; // where the card in the hand came from

function columns(board) {
  return [...board.querySelectorAll(".cards[data-stage]")];
}

// A stage that lets this person's role put nothing in.
function isBarred(list) {
  return "barred" in list.dataset;
}

// What stands beside a list in its lane: on a board without lanes, all columns.
function beside(list) {
  return columns(list.closest("[data-board]")).filter((one) => one.dataset.lane === list.dataset.lane);
}

// What stands above and below a list in its column: on a board without lanes, nothing else.
function stacked(list) {
  return columns(list.closest("[data-board]")).filter((one) => one.dataset.stage === list.dataset.stage);
}

function move(card, list, before = null) {
  const home = { list: card.parentElement, next: card.nextElementSibling };
  if (list === home.list) return;
  list.insertBefore(card, before);
  send(card, list, home);
}

function send(card, list, home) {
  card.setAttribute("aria-busy", "true");
  card.home = home;
  htmx.ajax("POST", card.dataset.moveUrl, {
    source: card,
    target: card,
    swap: "outerHTML",
    values: { to: list.dataset.stage, left: home.list.dataset.stage, ...fields(list, home.list) },
  });
}

// On a board by fields: by which, and from which lane to which.
function fields(list, from) {
  const { by, lanes } = list.closest("[data-board]").dataset;
  return { ...(by && { by }), ...(lanes && { lanes, lane: list.dataset.lane, from: from.dataset.lane }) };
}

function goBack(card) {
  const { list, next } = card.home;
  list.insertBefore(card, next?.parentElement === list ? next : null);
  card.removeAttribute("aria-busy");
  delete card.home;
  card.focus();
}

// An error page is not a card: it is never swapped in, whatever its status.
document.addEventListener("htmx:beforeSwap", (event) => {
  const card = event.detail.requestConfig?.elt;
  if (card?.home && event.detail.xhr.status >= 400) event.detail.shouldSwap = false;
});

document.addEventListener("htmx:afterRequest", (event) => {
  const { elt: card, xhr } = event.detail;
  const moved = xhr.status >= 200 && xhr.status < 400;
  if (!card.home || moved || xhr.status === 401) return; // 401: sent again after signing in
  goBack(card);
  if (xhr.status === 422 && !/"toast"|"dialog-open"/.test(xhr.getResponseHeader("HX-Trigger") || "")) {
    const detail = { text: document.body.dataset.textStayed, level: "warning" };
    document.dispatchEvent(new CustomEvent("toast", { detail }));
  }
});

// The card comes back redrawn: focus stays with it.
document.addEventListener("htmx:afterSwap", (event) => {
  const old = event.detail.requestConfig?.elt;
  if (old?.matches?.(".card[data-move-url]") && (document.activeElement === document.body || old.contains(document.activeElement))) {
    focusOn(document.getElementById(old.id));
  }
});

// A column that was opened may lie beyond the edge.
document.addEventListener("htmx:afterSettle", ({ detail: { elt } }) => {
  if (elt.matches?.("[data-board] .column")) elt.scrollIntoView({ block: "nearest", inline: "nearest" });
});

// A card in a folded column is not shown: its strip takes the focus.
function focusOn(card) {
  const strip = card?.closest(".column-folded")?.querySelector("a");
  (strip || card)?.focus({ preventScroll: true });
}

// The whole board drawn anew (after a dialog, after «Undo»): it stands where it stood, the card in question has the focus.
let anew = null;
document.addEventListener("board-changed", ({ detail }) => {
  const { scrollLeft, scrollTop } = document.getElementById("board");
  anew = { card: detail?.card ?? anew?.card, scrollLeft, scrollTop }; // what a colleague did may come in between
});
document.addEventListener("htmx:afterSettle", () => {
  const board = anew && document.getElementById("board");
  if (!board || board.matches(".htmx-request")) return;
  const { card, ...place } = anew;
  Object.assign(board, place);
  const found = document.getElementById(card);
  if (found && !document.querySelector("dialog[open]")) focusOn(found);
  anew = null;
});

// Dragging: SortableJS is fetched only by pages with a board.
function makeSortable(board) {
  for (const list of columns(board)) {
    if (list.sortable) continue;
    list.sortable = new Sortable(list, {
      group: { name: board.id || "board", put: !isBarred(list) },
      draggable: ".card[data-move-url]",
      filter: ".card-menu",
      preventOnFilter: false,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 130,
      delay: 180,
      delayOnTouchOnly: true,
      ghostClass: "card-ghost",
      dragClass: "card-held",
      onStart: ({ item, from }) => {
        carried = { list: from, next: item.nextElementSibling };
        board.dataset.dragging = "";
      },
      onEnd: ({ item, to, from }) => {
        delete board.dataset.dragging;
        if (to !== from) send(item, to, carried);
      },
    });
  }
}

function prepare(root) {
  const boards = [...root.querySelectorAll("[data-board]"), ...(root.closest?.("[data-board]") ? [root.closest("[data-board]")] : [])];
  if (boards.length) import(document.body.dataset.sortable).then(() => boards.forEach(makeSortable));
}

// Without a mouse: Alt with an arrow, or the menu of stages.
document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.(".card[data-move-url]");
  if (!card) return;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.altKey && step) {
    event.preventDefault();
    const all = (/Right|Left/.test(event.key) ? beside : stacked)(card.parentElement);
    let at = all.indexOf(card.parentElement) + step;
    while (all[at] && isBarred(all[at])) at += step;
    const list = all[at];
    if (list) move(card, list, list.firstElementChild);
  } else if (event.target === card && event.key === "m") {
    event.preventDefault();
    openMenu(card, card);
  } else if (event.target === card && event.key === "Enter" && !event.ctrlKey) {
    card.querySelector("h3 a")?.click();
  } else if (event.target === card && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    const next = event.key === "ArrowDown" ? card.nextElementSibling : card.previousElementSibling;
    if (next?.matches(".card")) event.preventDefault();
    next?.focus();
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move-menu]");
  if (button) openMenu(button.closest(".card"), button);
});

function openMenu(card, from) {
  menu ??= newMenu();
  menu.opener = from;
  const here = card.parentElement;
  const open = (lists) => lists.filter((list) => !isBarred(list) || list === here);
  const others = open(stacked(here));
  const line = others.length > 1 ? [document.createElement("hr"), ...others.map((list) => choice(card, list, list.dataset.laneName))] : [];
  menu.replaceChildren(...open(beside(here)).map((list) => choice(card, list, nameOf(list))), ...line);
  menu.showPopover();
  const now = menu.querySelector("[aria-current]");
  const next = now?.nextElementSibling;
  (next?.matches("button") ? next : now)?.focus(); // mostly it goes on to the next stage
}

function nameOf(list) {
  return list.dataset.stageName || list.closest(".column")?.querySelector(HEADS)?.firstChild?.textContent || "";
}

function newMenu() {
  const made = document.createElement("div");
  made.className = "menu";
  made.id = "stage-menu";
  made.popover = "auto";
  document.body.append(made);
  return made;
}

function choice(card, list, name) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "menu-item";
  button.textContent = name;
  if (list === card.parentElement) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => {
    menu.hidePopover();
    move(card, list, list.firstElementChild);
  });
  return button;
}

prepare(document);
document.addEventListener("htmx:load", (event) => prepare(event.detail.elt));
