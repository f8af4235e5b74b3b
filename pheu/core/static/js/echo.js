// [data-echo="/reading/?as=money"]: how the server will read a field is said below it while somebody types, unless it is
// written just so. What cannot be read yet is said only when the field is left: nobody is told off in the middle of a word.

const WAIT = 120; // milliseconds after the last key
const waiting = new WeakMap();

function placeOf(input) {
  const control = input.closest(".inset") ?? input;
  if (control.nextElementSibling?.matches("[data-reading]")) return control.nextElementSibling;
  const place = document.createElement("output");
  Object.assign(place, { className: "reading", htmlFor: input.id });
  place.dataset.reading = "";
  control.after(place);
  return place;
}

async function tell(input) {
  const text = input.value.trim();
  const place = placeOf(input);
  const answer = text ? await ask(input.dataset.echo, text) : {};
  if (!answer || input.value.trim() !== text) return;
  const left = document.activeElement !== input;
  place.textContent = (answer.reads === text ? "" : answer.reads) ?? (left ? answer.wrong : "") ?? "";
  place.toggleAttribute("data-wrong", Boolean(answer.wrong));
}

async function ask(address, text) {
  try {
    const response = await fetch(`${address}&${new URLSearchParams({ text })}`, { headers: { Accept: "application/json" } });
    return response.ok && !response.redirected ? await response.json() : null;
  } catch {
    return null; // no line to the server: saving will say so
  }
}

function soon({ target }, wait) {
  if (!target.matches?.("[data-echo]")) return;
  clearTimeout(waiting.get(target));
  waiting.set(target, setTimeout(tell, wait, target));
}

document.addEventListener("input", (event) => soon(event, WAIT));
document.addEventListener("focusout", (event) => event.target.value !== event.target.defaultValue && soon(event, 0));
document.addEventListener("reset", ({ target }) => target.querySelectorAll("[data-reading]").forEach((place) => place.replaceChildren()));
