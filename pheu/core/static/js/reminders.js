// Reminders: each shows itself at its moment, over whatever is open, until somebody has read it or asks for it later.
// Who has another window before them is told by the system, if they have allowed that.

const region = document.getElementById("reminders");
const told = new Set(); // so that each is said to the system once in this tab
let timers = [];

function show(item) {
  if (!item.isConnected) return;
  item.hidden = false;
  if (!region.matches(":popover-open")) region.showPopover();
  const name = `${item.dataset.remind} ${item.querySelector(".sub").textContent}`;
  if (told.has(name)) return;
  told.add(name);
  if (document.hidden && globalThis.Notification?.permission === "granted") {
    new Notification(item.querySelector(".name").textContent, { body: item.querySelector(".sub").textContent, tag: `reminder-${item.dataset.remind}` });
  }
}

function wait() {
  timers.forEach(clearTimeout);
  const items = [...region.querySelectorAll("[data-remind-in]")];
  timers = items.map((item) => setTimeout(show, 1000 * Number(item.dataset.remindIn), item));
  if (!items.length && region.matches(":popover-open")) region.hidePopover();
}

region.addEventListener("htmx:afterSwap", wait);
wait();
