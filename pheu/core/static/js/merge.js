// [data-take-all="7"]: every field takes what this record has; a choice that several records share names them in
// [data-of="7 9"], and shows itself where it was folded away. [data-adds]: what is chosen there is added at once.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-take-all]");
  if (!button) return;
  const pk = button.dataset.takeAll;
  for (const one of button.form.querySelectorAll("input[type=radio]")) {
    if (one.dataset.of ? !one.dataset.of.split(" ").includes(pk) : one.value !== pk) continue;
    one.checked = true;
    const folded = one.closest("details");
    if (folded) folded.open = true;
  }
});

document.addEventListener("change", (event) => event.target.value && event.target.closest("[data-adds]")?.requestSubmit());
