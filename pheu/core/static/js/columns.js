// [data-columns="address"]: a table whose columns are dragged into order by their heads, and widened by their edges or
// with Shift and an arrow key on a head. What was done is told to the address, which keeps it.

const [NARROWEST, WIDEST, STEP] = [60, 800, 20]; // pixels
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets.push(sheet);

const table = () => document.querySelector("[data-columns]");
const heads = () => [...table().querySelectorAll("th[data-column]")];

// A rule for each column that has a width: the cells that come later have it too.
function draw() {
  const rules = heads()
    .filter((head) => head.dataset.width)
    .map((head) => {
      const nth = [...head.parentElement.children].indexOf(head) + 1;
      const width = `${head.dataset.width}px`;
      return `[data-columns] :is(th, td):nth-child(${nth}) { width: ${width}; min-width: ${width}; max-width: ${width} }`;
    });
  sheet.replaceSync(`@media (min-width: 761px) { ${rules.join("\n")} }`);
}

function told() {
  return heads().map(({ dataset: { column, width } }) => (width ? `${column}:${width}` : column));
}

function send(more) {
  return htmx.ajax("POST", table().dataset.columns, { source: document.body, swap: "none", values: { cols: told(), ...more } });
}

function widen(head, width) {
  head.dataset.width = Math.round(Math.min(Math.max(width, NARROWEST), WIDEST));
  draw();
}

function prepare() {
  for (const head of heads()) {
    if (head.querySelector(".column-edge")) continue;
    const edge = document.createElement("span");
    edge.className = "column-edge";
    head.append(edge);
    if (!head.querySelector("a")) head.tabIndex = 0; // so that the keys reach those that order nothing
  }
  draw();
}

document.addEventListener("pointerdown", (event) => {
  const edge = event.target.closest?.(".column-edge");
  if (!edge || event.button) return;
  event.preventDefault();
  const head = edge.parentElement;
  const [from, was] = [event.clientX, head.offsetWidth];
  edge.setPointerCapture(event.pointerId);
  edge.classList.add("is-dragged");
  const drag = ({ clientX }) => widen(head, was + clientX - from);
  edge.addEventListener("pointermove", drag);
  edge.addEventListener(
    "lostpointercapture",
    () => {
      edge.removeEventListener("pointermove", drag);
      edge.classList.remove("is-dragged");
      if (head.dataset.width) send({ widened: 1 });
    },
    { once: true },
  );
});

// As wide as what stands in it again.
document.addEventListener("dblclick", (event) => {
  const head = event.target.closest?.(".column-edge")?.parentElement;
  if (!head) return;
  delete head.dataset.width;
  draw();
  send({ widened: 1 });
});

document.addEventListener("keydown", (event) => {
  const head = event.target.closest?.("[data-columns] th[data-column]");
  const by = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
  if (!head || !by || !event.shiftKey) return;
  event.preventDefault();
  widen(head, head.offsetWidth + by);
});
document.addEventListener("keyup", (event) => {
  const head = event.target.closest?.("[data-columns] th[data-column]");
  if (head?.dataset.width && ["ArrowLeft", "ArrowRight"].includes(event.key) && event.shiftKey) send({ widened: 1 });
});

// Only who comes near a head may want to drag it.
async function letDrag() {
  await import(document.body.dataset.sortable);
  const row = table().querySelector("thead tr");
  const before = told().join();
  row.sortable = new Sortable(row, {
    draggable: "th[data-column]",
    filter: ".column-edge",
    preventOnFilter: false,
    delay: 100,
    animation: 0,
    onEnd: () => told().join() !== before && send(),
  });
}

prepare();
table().tHead.addEventListener("pointerover", letDrag, { once: true });
