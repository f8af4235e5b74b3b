// The sign-in page of a demo: a click on somebody's name fills the form with their address and password.

document.addEventListener("click", ({ target }) => {
  const person = target.closest("[data-sign-in-as]");
  const form = document.querySelector("input[name=login]")?.form;
  if (!person || !form) return;
  form.elements.login.value = person.dataset.signInAs;
  form.elements.password.value = person.dataset.password;
  form.querySelector("[type=submit]").focus();
});
