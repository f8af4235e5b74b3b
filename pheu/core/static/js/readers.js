// [data-readers="/r/7/readers/"]: says that somebody looks at this record, for as long as they do, and shows who else does.

const BEAT = 25_000; // milliseconds
let place = document.querySelector("[data-readers]");
let timer;

function say() {
  clearTimeout(timer);
  if (document.hidden) return;
  timer = setTimeout(say, BEAT);
  htmx.ajax("POST", place.dataset.readers, { source: place, target: place, swap: "innerHTML" }).catch(() => {}); // said again later
}

function leave() {
  clearTimeout(timer);
  const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
  fetch(`${place.dataset.readers}?leaving=1`, { method: "POST", keepalive: true, headers: { "X-CSRFToken": token } }).catch(() => {});
}

say();
// Another record stands beside the list: the last one is left.
document.addEventListener("htmx:load", () => {
  const now = document.querySelector("[data-readers]");
  if (!now || now.dataset.readers === place.dataset.readers) return void (place = now ?? place);
  leave();
  place = now;
  say();
});
addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => (document.hidden ? leave() : say()));
document.body.addEventListener("live-news", ({ detail: { here, whole } }) => {
  if (whole || here.includes(place.dataset.of)) say();
});
