// A picture chosen in a field marked data-square="256" is cut to a square of so many pixels, and its form sent: what a
// telephone takes is a hundred times as large, and says where it was taken.

async function cut(file, side) {
  const picture = await createImageBitmap(file);
  const edge = Math.min(picture.width, picture.height);
  const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const from = [(picture.width - edge) / 2, (picture.height - edge) / 2, edge, edge];
  canvas.getContext("2d").drawImage(picture, ...from, 0, 0, side, side);
  const blob = await new Promise((keep) => canvas.toBlob(keep, "image/jpeg", 0.9));
  return new File([blob], "picture.jpg", { type: blob.type });
}

document.addEventListener("change", async ({ target }) => {
  const input = target.closest("[data-square]");
  if (!input?.files.length) return;
  const files = new DataTransfer();
  // What is no picture is sent as it is: the server says so in words.
  files.items.add(await cut(input.files[0], Number(input.dataset.square)).catch(() => input.files[0]));
  input.files = files.files;
  input.form.requestSubmit();
});
