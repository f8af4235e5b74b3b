// How the pages look here: light, dark or like the system; with room between rows or close together. Remembered in this
// browser. Runs before the page is drawn, so that nothing flashes or jumps.

(() => {
  // What is chosen stands on the root element, but for the usual choice, which has no attribute.
  const LOOKS = { theme: "system", density: "roomy" };
  const root = document.documentElement;
  const key = (look) => `pheu-${look}`;

  function remembered(look) {
    try {
      return localStorage.getItem(key(look)) || LOOKS[look];
    } catch {
      return LOOKS[look]; // Storage may be closed to us: then every page is as usual.
    }
  }

  function apply(look, choice) {
    if (choice === LOOKS[look]) delete root.dataset[look];
    else root.dataset[look] = choice;
  }

  function choose(look, choice) {
    try {
      localStorage.setItem(key(look), choice);
    } catch {
      // Not remembered, but applied.
    }
    apply(look, choice);
    mark(look, choice);
  }

  function mark(look, choice) {
    for (const button of document.querySelectorAll(`[data-${look}-choice]`)) {
      button.setAttribute("aria-pressed", String(button.dataset[`${look}Choice`] === choice));
    }
  }

  function looksDark() {
    const chosen = root.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  for (const look of Object.keys(LOOKS)) {
    apply(look, remembered(look));
    addEventListener("storage", (event) => event.key === key(look) && apply(look, remembered(look)));
    document.addEventListener("DOMContentLoaded", () => mark(look, remembered(look)));
    document.addEventListener("click", (event) => {
      const button = event.target.closest(`[data-${look}-choice]`);
      if (button) choose(look, button.dataset[`${look}Choice`]);
    });
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) choose("theme", looksDark() ? "light" : "dark");
  });
})();
