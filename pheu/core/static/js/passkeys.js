// A form marked data-passkey asks the device for a passkey before it is sent: a new one, or one that opens the account.
// What to ask for stands in the page (#passkey-options), or is fetched from where the form goes. What went wrong is said
// by that one of its [data-said] which bears the name.

const REASONS = {
  NotAllowedError: "cancelled", AbortError: "cancelled", SecurityError: "insecure", InvalidStateError: "known",
  NotSupportedError: "unsupported", ConstraintError: "unsupported",
};
const PARTS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

function bytes(text) {
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
}

function text(buffer) {
  const letters = Array.from(new Uint8Array(buffer), (one) => String.fromCharCode(one)).join("");
  return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function named(one) {
  return { ...one, id: bytes(one.id) };
}

function question({ challenge, user, allowCredentials, excludeCredentials, ...rest }) {
  return {
    ...rest,
    challenge: bytes(challenge),
    ...(user && { user: named(user) }),
    ...(allowCredentials && { allowCredentials: allowCredentials.map(named) }),
    ...(excludeCredentials && { excludeCredentials: excludeCredentials.map(named) }),
  };
}

function answer(credential) {
  const parts = PARTS.filter((part) => credential.response[part]);
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: Object.fromEntries(parts.map((part) => [part, text(credential.response[part])])),
    clientExtensionResults: { credProps: credential.getClientExtensionResults().credProps ?? {} },
  };
}

async function options(form) {
  const written = document.getElementById("passkey-options");
  if (written) return JSON.parse(written.textContent);
  return (await fetch(form.action, { headers: { Accept: "application/json" } })).json();
}

async function askDevice(form) {
  const { creation_options: making, request_options: using } = await options(form);
  return answer(await (making
    ? navigator.credentials.create({ publicKey: question(making.publicKey) })
    : navigator.credentials.get({ publicKey: question(using.publicKey) })));
}

function say(form, reason) {
  for (const words of form.querySelectorAll("[data-said]")) words.hidden = words.dataset.said !== reason;
}

function sleep(form, asleep) {
  const button = form.querySelector("[type=submit]");
  button.disabled = asleep;
  button.toggleAttribute("aria-busy", asleep);
}

async function fill(form) {
  if (!isSecureContext) return say(form, "insecure");
  if (!window.PublicKeyCredential) return say(form, "unsupported");
  say(form, "");
  sleep(form, true);
  try {
    form.elements.credential.value = JSON.stringify(await askDevice(form));
  } catch (error) {
    return say(form, REASONS[error.name] ?? "failed");
  } finally {
    sleep(form, false);
  }
  form.requestSubmit();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-passkey]") || form.elements.credential.value) return;
  event.preventDefault();
  fill(form);
});

// An answer opens once: "back" finds the form without it.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-passkey]")) form.elements.credential.value = "";
});
