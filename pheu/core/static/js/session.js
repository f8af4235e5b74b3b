// The sign-in ran out while a form was open: sign in over the page, then send again what was being sent (D20).

const dialog = document.getElementById("sign-in");
const person = document.documentElement.dataset.person;
const refused = []; // requests to send again

function ask(request) {
  refused.push(request);
  if (!dialog.open) dialog.showModal();
  dialog.querySelector("[name=password]").focus();
}

function say(kind) {
  for (const words of dialog.querySelectorAll("[data-error]")) words.hidden = words.dataset.error !== kind;
}

async function signIn() {
  const form = dialog.querySelector("form");
  const body = new FormData(form);
  const page = await fetched(dialog.dataset.url);
  const token = page?.querySelector("[name=csrfmiddlewaretoken]")?.value;
  if (token) body.set("csrfmiddlewaretoken", token);
  // Somebody may have signed in elsewhere already: then the sign-in page leads on to a page of theirs.
  const answer = page?.documentElement.dataset.person ? page : await fetched(dialog.dataset.url, { method: "POST", body });
  if (answer?.documentElement.dataset.person) return goOn(answer);
  if (answer?.querySelector("[name=login]")) return say("wrong");
  return elsewhere(); // a second factor, or anything else that needs its own page
}

async function fetched(url, options = {}) {
  try {
    const answer = await fetch(url, { credentials: "same-origin", ...options });
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

function elsewhere() {
  say("other");
  dialog.querySelector("[data-continue]").hidden = false;
}

function goOn(page) {
  if (page.documentElement.dataset.person !== person) return location.reload(); // never send one person's words as another
  renewTokens(page);
  dialog.querySelector("[name=password]").value = "";
  say("");
  dialog.close();
  refused.splice(0).forEach(again);
}

// Signing in changes the token that every form and htmx carry.
function renewTokens(page) {
  const headers = page.body.getAttribute("hx-headers");
  if (!headers) return;
  document.body.setAttribute("hx-headers", headers);
  const token = JSON.parse(headers)["X-CSRFToken"];
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
}

function again({ verb, path, elt, target, formData, triggeringEvent }) {
  if (!elt.isConnected) return;
  const values = new FormData();
  for (const [name, value] of formData) if (name !== "csrfmiddlewaretoken") values.append(name, value);
  htmx.ajax(verb.toUpperCase(), path, { source: elt, event: triggeringEvent, target: target.isConnected ? target : elt, values });
}

function signedOut(xhr) {
  return xhr.status === 401 || /sign-in-needed/.test(xhr.getResponseHeader("HX-Trigger") || "");
}

// Who signs out leaves nothing behind that was typed (drafts.js).
document.addEventListener("submit", ({ target }) => {
  if (!target.matches("#sign-out-form, [data-sign-out]")) return;
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("pheu-draft:")) localStorage.removeItem(key);
  } catch {
    // Storage is closed to us: nothing was kept.
  }
});

if (dialog) {
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!signedOut(event.detail.xhr)) return;
    event.detail.shouldSwap = false;
    ask(event.detail.requestConfig);
  });
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    signIn();
  });
  dialog.querySelector("[data-elsewhere]").addEventListener("click", elsewhere);
  dialog.querySelector("[data-continue]").addEventListener("click", async () => {
    const page = await fetched(location.href);
    if (page?.documentElement.dataset.person) goOn(page);
  });
}
