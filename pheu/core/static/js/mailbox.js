// [data-mailbox]: an address proposes its servers, unless somebody has typed others.

document.addEventListener("change", async ({ target }) => {
  const form = target.closest("form[data-mailbox]");
  if (!form) return;
  if (target.name !== "address") {
    target.dataset.typed = "";
    return;
  }
  const answer = await fetch(`${form.dataset.mailbox}?${new URLSearchParams({ address: target.value })}`).catch(() => null);
  if (!answer?.ok) return;
  for (const [name, value] of Object.entries(await answer.json())) {
    const field = form.elements[name];
    if (field && field.dataset.typed === undefined && value) field.value = value;
  }
});
