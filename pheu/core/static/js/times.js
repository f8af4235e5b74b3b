// A button marked data-fill-time puts its time into the form's date field.
document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-fill-time]");
  const field = button?.form?.querySelector("[data-datetime], [name=due_at]") ?? button?.closest("form")?.querySelector("[name=due_at]");
  if (!field) return;
  field.value = button.dataset.fillTime;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
