// The tab says how far a long work is: the title of the page begins with what the first [data-title] says.

let shown = "";

function tell() {
  const own = document.title.startsWith(shown) ? document.title.slice(shown.length) : document.title;
  const words = document.querySelector("[data-title]:not([data-title=''])")?.dataset.title;
  shown = words ? `${words} · ` : "";
  document.title = shown + own;
}

tell();
for (const kind of ["htmx:load", "htmx:afterSettle", "retitle"]) document.addEventListener(kind, tell);
