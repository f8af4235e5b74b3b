// The bell is filled when it is opened, and anew where news come while it is open. Until then it says that it loads.

const panel = document.querySelector("[data-bell]");

function fill() {
  htmx.ajax("GET", panel.dataset.bell, { source: panel, target: panel, swap: "innerHTML" }).catch(() => {}); // a toast has said so
}

panel?.addEventListener("toggle", ({ newState }) => newState === "open" && fill());
document.body.addEventListener("bell-changed", () => panel?.matches(":popover-open") && fill());
