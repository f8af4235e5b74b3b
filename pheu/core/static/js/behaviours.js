// What a swap or a dialog brings may need a script that the page had no use for: an element's attribute says which one
// (BEHAVIOURS in templatetags/ui.py). Each looks over the document when it arrives, and listens from then on.

const addresses = JSON.parse(document.getElementById("behaviours").textContent); // {attribute: address}

function fetchFor(root) {
  for (const [attribute, address] of Object.entries(addresses)) {
    if (root.matches?.(`[${attribute}]`) || root.querySelector?.(`[${attribute}]`)) import(address);
  }
}

document.addEventListener("htmx:load", (event) => fetchFor(event.detail.elt));

// A page that comes back by «Back» is as old as when it was left: the pieces that know how fetch themselves.
addEventListener("pageshow", ({ persisted }) => {
  const [{ type } = {}] = performance.getEntriesByType("navigation");
  if (persisted || type === "back_forward") document.body.dispatchEvent(new CustomEvent("record-changed"));
});
