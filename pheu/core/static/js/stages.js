// On a phone the stage bar scrolls: begin where the record stands.

function show(root) {
  for (const current of root.querySelectorAll("[data-stages] > [aria-current]")) {
    const bar = current.parentElement;
    bar.scrollLeft = current.offsetLeft - bar.offsetLeft - 60;
  }
}

show(document);
document.addEventListener("htmx:load", (event) => show(event.detail.elt));
