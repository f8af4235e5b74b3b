// Light, dark, or like the system. Runs before the page is drawn, so that no wrong colour flashes.

(() => {
  const KEY = "pheu-theme";

  function remembered() {
    try {
      return localStorage.getItem(KEY) || "system";
    } catch {
      return "system"; // Storage may be closed to us: then every page follows the system.
    }
  }

  function apply(choice) {
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
  }

  function choose(choice) {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      // Not remembered, but applied.
    }
    apply(choice);
    mark(choice);
  }

  function mark(choice) {
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  }

  function looksDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  apply(remembered());
  addEventListener("storage", (event) => event.key === KEY && apply(remembered()));
  document.addEventListener("DOMContentLoaded", () => mark(remembered()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (button) choose(button.dataset.themeChoice);
    else if (event.target.closest("[data-theme-toggle]")) choose(looksDark() ? "light" : "dark");
  });
})();
