// Reminders reach this browser though no page is open in it. [data-push] switches that on and off in one's account; every
// page keeps it up, for a session ends and the next one has to say so anew.

const KEPT = "pheu.push"; // who has switched it on here, and where to say so
const place = document.querySelector("[data-push]");

async function subscription() {
  const worker = await navigator.serviceWorker?.getRegistration("/");
  return worker?.pushManager?.getSubscription();
}

function send(url, values) {
  return htmx.ajax("POST", url, { source: document.body, swap: "none", values });
}

async function tell({ url, who }) {
  const found = await subscription();
  if (!found) return;
  const { endpoint, keys } = found.toJSON();
  await send(url, { endpoint, point: keys.p256dh, secret: keys.auth, who });
}

function show(name) {
  for (const one of place.querySelectorAll("[data-said]")) one.hidden = !one.dataset.said.split(" ").includes(name);
  place.querySelector("[data-push-on]").hidden = !["off", "failed"].includes(name);
  place.querySelector("[data-push-off]").hidden = name !== "on";
}

async function look() {
  if (!globalThis.PushManager || !navigator.serviceWorker) return show("unsupported");
  if (Notification.permission === "denied") return show("denied");
  show(localStorage.getItem(KEPT) && (await subscription()) ? "on" : "off");
}

async function switchOn() {
  if ((await Notification.requestPermission()) !== "granted") return look();
  try {
    await navigator.serviceWorker.register("/sw.js");
    const worker = await navigator.serviceWorker.ready;
    await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: place.dataset.push });
    const kept = { url: place.dataset.pushUrl, who: place.dataset.pushWho };
    await tell(kept);
    localStorage.setItem(KEPT, JSON.stringify(kept));
    await look();
  } catch {
    show("failed"); // the browser reaches no push service, or keeps none
  }
}

async function switchOff() {
  const found = await subscription();
  localStorage.removeItem(KEPT);
  if (found) {
    await send(place.dataset.pushForget, { endpoint: found.endpoint });
    await found.unsubscribe();
  }
  await look();
}

if (place) {
  place.querySelector("[data-push-on]").addEventListener("click", switchOn);
  place.querySelector("[data-push-off]").addEventListener("click", switchOff);
  look();
}
const kept = localStorage.getItem(KEPT);
if (kept && !sessionStorage.getItem(KEPT)) tell(JSON.parse(kept)).then(() => sessionStorage.setItem(KEPT, "1"));
