// What happens elsewhere, told as it happens. All tabs of a browser share one stream, because a browser opens only a few
// connections to one address: whoever holds the lock listens, and hands on what it hears. What is told are ids; each page
// asks for what it shows of them, not more than once a second, and while nobody looks at it not at all.

const place = document.querySelector("[data-live]");
const person = Number(document.documentElement.dataset.person);
const tabs = place && new BroadcastChannel(`pheu-live:${person}`);

const PAUSE = 1000; // milliseconds between two looks
const SILENCE = 50_000; // without a sign of life in so long the line is dead
const LOST = 4000; // so long a line may be away before it is said
const AGAIN = 5000;

// Listening ---------------------------------------------------------------------------------------------------------

let source, watch, losing;

function listen() {
  source = new EventSource(place.dataset.live);
  source.addEventListener("beat", alive);
  source.addEventListener("message", ({ data }) => {
    alive();
    share({ word: JSON.parse(data) });
  });
  source.addEventListener("error", () => {
    losing ??= setTimeout(share, LOST, { lost: true });
    if (source.readyState === EventSource.CLOSED) leave(AGAIN);
  });
}

let heard = false;

function alive() {
  clearTimeout(watch);
  watch = setTimeout(leave, SILENCE, 0);
  // Between two listeners something may have happened that nobody heard. A page that was just drawn needs no look.
  if (losing || !heard) share({ lost: false, word: { missed: true } }, heard);
  if (!heard) take({ lost: false });
  clearTimeout(losing);
  losing = null;
  heard = true;
}

// The browser gives up where it gets no stream: a proxy without us behind it, a session that has ended, no stream at all.
async function leave(pause) {
  clearTimeout(watch);
  source.close();
  await new Promise((done) => setTimeout(done, pause));
  let status = 0;
  try {
    ({ status } = await fetch(place.dataset.live, { method: "HEAD", redirect: "manual" }));
  } catch {
    return leave(AGAIN);
  }
  if (status === 200) return listen();
  if (status >= 500) return leave(AGAIN);
  clearTimeout(losing); // signed out, or there is none: nothing to heal
  share({ lost: false });
}

function share(told, here = true) {
  tabs.postMessage(told);
  if (here) take(told);
}

// Taking -------------------------------------------------------------------------------------------------------------

const waiting = { changed: {}, here: new Set() };
let looked = 0, timer;

function take({ lost, word }) {
  if (lost !== undefined) place.hidden = !lost;
  if (lost === false) place.dataset.heard = "";
  if (!word) return;
  Object.assign(waiting.changed, word.changed);
  for (const id of word.here ?? []) waiting.here.add(id);
  for (const kind of ["bell", "many", "missed"]) waiting[kind] ||= Boolean(word[kind]);
  soon();
}

function soon() {
  if (document.hidden) return;
  clearTimeout(timer);
  timer = setTimeout(look, Math.max(0, looked + PAUSE - Date.now()));
}

function look() {
  looked = Date.now();
  // What this person does here is drawn by its own answer.
  const mine = ([, by]) => by === person && document.hasFocus();
  const detail = {
    ids: Object.entries(waiting.changed).filter((one) => !mine(one)).map(([id]) => id),
    here: [...waiting.here].map(String),
    whole: waiting.many || waiting.missed,
  };
  if (waiting.bell || waiting.missed) document.body.dispatchEvent(new CustomEvent("bell-changed"));
  Object.assign(waiting, { changed: {}, bell: false, many: false, missed: false });
  waiting.here.clear();
  if (detail.whole || detail.ids.length || detail.here.length) document.body.dispatchEvent(new CustomEvent("live-news", { detail }));
}

if (place) {
  tabs.addEventListener("message", ({ data }) => take(data));
  document.addEventListener("visibilitychange", soon);
  // Without locks (no https) each page that is looked at listens by itself.
  if (navigator.locks) navigator.locks.request(`pheu-live:${person}`, () => new Promise(listen));
  else listen();
}
