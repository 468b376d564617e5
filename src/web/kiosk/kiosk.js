// The kiosk page: asks, shows, and forgets. Nothing of a client outlives the session: not in the page, not in the
// address, not in the browser's storage (none is used), and the server is told to forget too.

import { byId, el } from "/shared/dom.js";
import { Phrases, LANGUAGES } from "/shared/phrases.js";
import { Wording } from "/shared/wording.js";
import { card } from "/kiosk/cards.js";
import { comparison } from "/kiosk/comparison.js";
import { Idle } from "/kiosk/idle.js";
import { shrink, wireEnlarged } from "/kiosk/pictures.js";

/** Older listings than this are pointed out. */
const OLD_DAYS = 7;
/** How often the page looks whether there is a new listing base. */
const WELCOME_MS = 30_000;
/** Turns that stay on the page; older ones make room. */
const TURNS = 8;
const SIZES = 3;
/** An answer takes milliseconds; after this long the box is not there. */
const ANSWER_MS = 15_000;

const phrases = new Phrases("/kiosk/phrases");
const say = (key, values) => phrases.say(key, values);
const idle = new Idle(count, finish);
let words;
let welcome = null;
let session = null;
/** The suggestions as they stand. */
let suggested = "";
/** Replies as they came, newest first, to be drawn again in another language. */
let turns = [];
/** Goes up when a client leaves: what was on its way to that client is thrown away when it arrives. */
let client = 0;

await phrases.load();
words = new Wording(phrases, await fetch("/kiosk/simplified").then((r) => r.json()).catch(() => ({})));
history.replaceState(null, "", "/");
wire();
finish();
await greet();
setInterval(greet, WELCOME_MS);
document.documentElement.dataset.ready = "yes";

function wire() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => { turn(button.dataset.language); idle.start(); });
  }
  byId("larger").addEventListener("click", () => {
    const root = document.documentElement;
    root.dataset.size = String((Number(root.dataset.size ?? 1) % SIZES) + 1);
    idle.start();
  });
  byId("question").addEventListener("input", begun);
  byId("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    ask(byId("question").value.trim(), null);
  });
  byId("finish").addEventListener("click", finish);
  byId("leave").addEventListener("click", finish);
  wireEnlarged();
  byId("stay").addEventListener("click", () => idle.touched());
  addEventListener("pageshow", (event) => { if (event.persisted) finish(); });
  addEventListener("pagehide", forget);
  addEventListener("contextmenu", (event) => event.preventDefault());
}

/** Turns the page to a language; what is shown is drawn again in it. The words of an answer stay as they were given. */
function turn(language) {
  phrases.apply(language);
  notice();
  suggest();
  draw();
}

async function greet() {
  try {
    welcome = await (await fetch("/kiosk/welcome")).json();
  } catch {
    return; // the box restarts; the next look finds it again
  }
  if (welcome.base && !Object.keys(words.simplified).length) {
    words.simplified = await fetch("/kiosk/simplified").then((r) => r.json()).catch(() => ({}));
  }
  notice();
  suggest();
}

/** Says when there are no listings, or old ones. */
function notice() {
  const note = byId("note");
  if (!welcome) return void (note.hidden = true);
  const old = welcome.age_days !== null && welcome.age_days > OLD_DAYS;
  const withheld = welcome.base?.prices_withheld_days ?? null;
  note.hidden = Boolean(welcome.base) && !old && withheld === null;
  if (!welcome.base) note.textContent = say("no.listings");
  else if (withheld !== null) note.textContent = say("prices.withheld", { days: withheld });
  else if (old) note.textContent = say("old.listings", { days: welcome.age_days });
  note.dataset.why = !welcome.base ? "none" : withheld !== null ? "withheld" : "old";
  const age = byId("age");
  age.hidden = !welcome.as_of;
  if (welcome.as_of) age.textContent = say("listings.as.of", { time: asOf(welcome.as_of) });
  byId("question").disabled = !welcome.base;
  byId("send").disabled = !welcome.base;
}

/** A time in Hong Kong, as the reader's language writes it. */
function asOf(time) {
  const locale = { yue: "zh-HK", cmn: "zh-CN", en: "en-GB" }[phrases.language];
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Hong_Kong" }).format(new Date(time));
}

/** Questions worth touching, about places and units of this very base. */
function suggest() {
  const { sale, rent, unit } = welcome?.suggestions ?? {};
  const place = (search) => (words.english ? search.en : words.script(search.zh));
  const questions = [
    sale && say("suggest.sale", { place: place(sale), n: sale.bedrooms, budget: words.money(sale.budget) }),
    rent && say("suggest.rent", { place: place(rent), n: rent.bedrooms, budget: words.number(rent.budget) }),
    unit && say("suggest.unit", { ref: unit.ref }),
  ].filter(Boolean);
  byId("suggestions-title").hidden = questions.length === 0;
  if (questions.join() === suggested) return; // a finger may be on one
  suggested = questions.join();
  byId("suggestions").replaceChildren(...questions.map((question) =>
    el("button", { type: "button", on: { click: () => ask(question, phrases.language) } }, question)));
}

/** Something of a client is on the page now: it can be wiped, and will be. */
function begun() {
  byId("finish").hidden = false;
  idle.start();
}

/** Asks. A question of our own making says its language; a typed one is answered in the language it is in,
 * and in the page's where it gives none away. */
async function ask(text, language) {
  if (!text) return byId("question").focus();
  if (turns.length > 0 && !turns[0].reply) return; // one question at a time
  begun();
  const asker = client;
  const shown = { asked: text };
  turns = [shown, ...turns].slice(0, TURNS);
  byId("question").value = "";
  byId("question").blur();
  draw();
  scrollTo(0, 0);
  shown.reply = await send(text, language);
  if (asker !== client) return forgetOn(shown.reply.session);
  session = shown.reply.session ?? session;
  draw();
}

async function send(text, language) {
  try {
    const response = await fetch("/api/v1/ask", {
      method: "POST",
      signal: AbortSignal.timeout(ANSWER_MS),
      headers: { "Content-Type": "application/json", "X-Branchbox-Kiosk": phrases.language },
      body: JSON.stringify({ text, ...(session && { session }), ...(language && { language }) }),
    });
    const body = await response.json();
    return response.ok ? body : { kind: "error", code: String(body.type).split(":").pop() };
  } catch {
    return { kind: "error", code: "network" };
  }
}

function draw() {
  byId("greeting").hidden = turns.length > 0;
  byId("turns").replaceChildren(...turns.map(drawTurn));
}

function drawTurn({ asked, reply }) {
  const question = el("p", { class: "asked" }, asked);
  if (!reply) return el("article", { class: "turn", "data-kind": "waiting" }, question, el("p", { class: "answer waiting" }, say("thinking")));
  if (reply.kind === "error") {
    const key = phrases.has(`error.${reply.code}`) ? `error.${reply.code}` : "error.other";
    return el("article", { class: "turn", "data-kind": "error" }, question, el("p", { class: "notice bad" }, say(key)));
  }
  const listings = reply.listings ?? [];
  const touch = (ref) => ask(ref, phrases.language);
  const table = reply.kind === "comparison" && comparison(reply, words);
  const left = (reply.total ?? 0) - listings.length;
  return el("article", { class: "turn", "data-kind": reply.kind },
    question,
    el("p", { class: "answer", lang: tag(reply) }, reply.text),
    (reply.kind === "refuse" || reply.kind === "handoff") && colleague(),
    table,
    listings.length > 0 && !table && el("div", { class: "cards" }, listings.map((l) => card(l, words, touch, reply.kind === "clarify"))),
    reply.kind === "results" && left > 0 && el("p", { class: "more" }, say("more.results", { shown: listings.length, total: reply.total })));
}

function tag(reply) {
  return { Hant: "zh-HK", Hans: "zh-CN", Latn: "en" }[reply.script] ?? phrases.tag;
}

/** In all three languages: whoever stands here may have come to the wrong one. */
function colleague() {
  return el("div", { class: "colleague" }, LANGUAGES.map((l) =>
    el("p", { lang: { yue: "zh-HK", cmn: "zh-CN", en: "en" }[l] }, phrases.in(l, "colleague"))));
}

function count(seconds) {
  byId("leaving").hidden = seconds === null;
  byId("countdown").textContent = seconds === null ? "" : say("seconds", { n: seconds });
}

/** The client is finished: everything is wiped, here and on the server. */
function finish() {
  client += 1;
  forget();
  turns = [];
  shrink();
  byId("ask").reset();
  byId("question").blur();
  byId("finish").hidden = true;
  delete document.documentElement.dataset.size;
  turn("yue");
  idle.stop();
  scrollTo(0, 0);
}

function forget() {
  forgetOn(session);
  session = null;
}

function forgetOn(id) {
  if (id) fetch(`/api/v1/sessions/${encodeURIComponent(id)}`, { method: "DELETE", keepalive: true }).catch(() => {});
}
