// <iframe data-letter>: a received letter, as high as what stands in it. Nothing in it runs; it only is looked at from here.

const HIGHEST = 20_000; // pixels

function fit(frame) {
  const page = frame.contentDocument?.documentElement;
  if (!page) return;
  frame.style.height = `${Math.min(Math.ceil(page.getBoundingClientRect().height) + 2, HIGHEST)}px`;
}

function watch(frame) {
  frame.addEventListener("load", () => {
    fit(frame);
    for (const picture of frame.contentDocument?.images ?? []) picture.addEventListener("load", () => fit(frame));
  });
  if (frame.contentDocument?.readyState === "complete") fit(frame);
}

function prepare(root) {
  for (const frame of root.querySelectorAll("iframe[data-letter]")) watch(frame);
}

prepare(document);
document.addEventListener("htmx:load", ({ detail: { elt } }) => prepare(elt));
addEventListener("resize", () => document.querySelectorAll("iframe[data-letter]").forEach(fit));
