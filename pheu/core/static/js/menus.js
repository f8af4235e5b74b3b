// Menus: the platform opens and closes them; here they find their place and listen to the arrow keys.

function place(menu, button) {
  const at = button.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = menu;
  const below = at.bottom + 4 + height <= innerHeight || at.top < height;
  const left = at.left + width <= innerWidth - 8 ? at.left : at.right - width;
  menu.dataset.placed = "";
  menu.style.left = `${Math.max(8, left)}px`;
  menu.style.top = `${below ? Math.min(at.bottom + 4, innerHeight - height - 8) : at.top - height - 4}px`;
}

// A list of choices below the box that one types in. Above everything else, or the foot of a dialog would cut it off.
const lifted = new Map(); // list -> its box
const grows = new ResizeObserver((changes) => changes.forEach(({ target }) => lifted.has(target) && hang([target, lifted.get(target)])));

function hang([list, box]) {
  const at = box.getBoundingClientRect();
  const below = at.bottom + 4 + list.offsetHeight <= innerHeight || at.top < list.offsetHeight;
  list.style.width = `${at.width}px`;
  list.style.left = `${at.left}px`;
  list.style.top = `${below ? at.bottom + 4 : at.top - list.offsetHeight - 4}px`;
}

document.addEventListener("lift", ({ detail: { list, at, shown } }) => {
  if (!shown || !list.isConnected) {
    lifted.delete(list);
    grows.unobserve(list);
    return list.popover && list.isConnected && list.hidePopover();
  }
  list.popover = "manual";
  if (!list.matches(":popover-open")) list.showPopover();
  lifted.set(list, at);
  grows.observe(list); // places it at once, and anew when choices arrive
});
addEventListener("scroll", () => [...lifted].forEach(hang), { capture: true, passive: true });
addEventListener("resize", () => [...lifted].forEach(hang));

// "toggle" does not bubble: caught on the way down.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (!menu.matches?.(".menu[popover]")) return;
  const button = menu.opener || document.querySelector(`[popovertarget="${menu.id}"]`);
  const opened = event.newState === "open";
  button?.setAttribute("aria-expanded", String(opened));
  if (opened && button) place(menu, button);
}, true);

// Placed once before it is seen, so that it does not jump.
document.addEventListener("beforetoggle", (event) => {
  if (event.newState === "open" && event.target.matches?.(".menu[popover]")) event.target.dataset.placed = "";
}, true);

function entries(menu) {
  return [...menu.querySelectorAll("a[href], button, input")].filter((one) => !one.disabled && one.offsetParent !== null);
}

document.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const menu = event.target.closest?.(".menu[popover]") || openedBy(event.target);
  if (!menu) return;
  event.preventDefault();
  const all = entries(menu);
  const at = all.indexOf(document.activeElement);
  all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]?.focus();
});

function openedBy(button) {
  const id = button.getAttribute?.("popovertarget");
  const menu = id && document.getElementById(id);
  return menu && menu.matches(".menu:popover-open") ? menu : null;
}

addEventListener("scroll", () => document.querySelectorAll(".menu:popover-open").forEach((menu) => {
  const button = menu.opener || document.querySelector(`[popovertarget="${menu.id}"]`);
  if (button) place(menu, button);
}), { capture: true, passive: true });

// A composer or any tablist whose tabs name their panels by aria-controls.
document.addEventListener("click", (event) => {
  const tab = event.target.closest("[role=tab][aria-controls]");
  if (tab) select(tab);
});

document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab][aria-controls]");
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!tab || !step) return;
  const all = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")];
  const next = all[(all.indexOf(tab) + step + all.length) % all.length];
  next.focus();
  select(next);
});

function select(tab) {
  for (const one of tab.closest("[role=tablist]").querySelectorAll("[role=tab]")) {
    const chosen = one === tab;
    one.setAttribute("aria-selected", String(chosen));
    one.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(one.getAttribute("aria-controls"));
    if (panel) panel.hidden = !chosen;
  }
}
