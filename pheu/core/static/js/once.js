// "Back" finds a form as it was typed in, and with it the token that it was sent with: saving it again leads to what it
// made (core/once.py). A form that the browser drew anew, with nothing in it, is a new one.

function typedIn(form) {
  return [...form.elements].some((field) =>
    /checkbox|radio/.test(field.type) ? field.checked !== field.defaultChecked
      : field.options ? [...field.options].some((one) => one.selected !== one.defaultSelected && !(one.index === 0 && !field.multiple))
        : field.type !== "hidden" && "defaultValue" in field && field.value !== field.defaultValue);
}

let token; // of this entry of the history

function keep(form) {
  const input = form?.querySelector("[name=once]");
  if (!input) return;
  token ??= (typedIn(form) && history.state?.once) || input.value;
  input.value = token;
  history.replaceState({ ...history.state, once: token }, "");
}

// Not before the browser has put back what was typed.
addEventListener("pageshow", () => keep(document.querySelector("form[data-once]")));
document.addEventListener("htmx:load", (event) => token && keep(event.detail.elt.querySelector("form[data-once]")));
