// [data-take-all="7"]: every field takes what this record has. [data-adds]: what is chosen there is added at once.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take-all]");
  if (!button) return;
  for (const one of button.form.querySelectorAll(`input[type=radio][value="${button.dataset.takeAll}"]`)) one.checked = true;
});

document.addEventListener("change", (event) => event.target.value && event.target.closest("[data-adds]")?.requestSubmit());
