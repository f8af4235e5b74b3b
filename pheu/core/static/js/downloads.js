// a[data-download]: a file that the server makes first, which may take its time. While it does, the page says that it is
// at work (guard.js); if there is none in the end, the page says that too, and stays.

async function fetched(link) {
  document.dispatchEvent(new CustomEvent("work-begins"));
  link.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(link.href);
    if (answer.redirected) return location.assign(answer.url); // to sign in
    if (!answer.ok) return say(document.body.dataset.textFailed);
    return save(await answer.blob(), nameIn(answer.headers.get("Content-Disposition") ?? ""));
  } catch {
    return say(document.body.dataset.textUnreachable);
  } finally {
    link.removeAttribute("aria-busy");
    document.dispatchEvent(new CustomEvent("work-ends"));
  }
}

function nameIn(header) {
  const [, coded] = header.match(/filename\*=utf-8''([^;]+)/i) ?? [];
  return coded ? decodeURIComponent(coded) : (header.match(/filename="([^"]+)"/)?.[1] ?? "");
}

function save(content, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // the browser may still be reading it
}

function say(text) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text, level: "error" } }));
}

// form[data-download]: its answer is a file, which the browser takes; the page stays and the dialog has done its work.
document.addEventListener("submit", ({ target }) => {
  const dialog = target.matches("form[data-download]") && target.closest("dialog");
  if (dialog) setTimeout(() => dialog.close());
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-download]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (!link.hasAttribute("aria-busy")) fetched(link);
});
