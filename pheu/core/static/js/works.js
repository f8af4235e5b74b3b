// Work that goes on without its page is shown above every other page. Its own page says where to ask how far it is
// ([data-works], with data-works-on while it runs); this browser remembers that until the person has seen the end of it.

const KEY = `pheu-works:${document.documentElement.dataset.person}`;
const place = document.querySelector("[data-works-place]");

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return []; // Storage is closed to us: then work is found on its own page only.
  }
}

function remember(addresses) {
  try {
    localStorage.setItem(KEY, JSON.stringify(addresses));
  } catch {
    // As above.
  }
}

function forget(address) {
  remember(remembered().filter((one) => one !== address));
}

function ask(address) {
  const slot = document.createElement("div");
  slot.dataset.work = address;
  slot.dataset.polls = "";
  place.append(slot);
  htmx.ajax("GET", address, { source: slot, target: slot, swap: "innerHTML" });
}

document.addEventListener("htmx:responseError", ({ target, detail: { xhr } }) => {
  const slot = target.closest?.("[data-work]");
  if (!slot || ![403, 404].includes(xhr.status)) return;
  forget(slot.dataset.work);
  slot.remove();
});

document.addEventListener("click", ({ target }) => {
  const slot = target.closest?.("[data-work-seen]")?.closest("[data-work]");
  if (!slot) return;
  forget(slot.dataset.work);
  slot.remove();
});

function begin() {
  const here = document.querySelector("[data-works]");
  if (here) forget(here.dataset.works);
  if (place) remembered().forEach(ask);
  if (here?.hasAttribute("data-works-on")) remember([...remembered(), here.dataset.works]);
}

begin();
