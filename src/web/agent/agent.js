// The agent page: signing in, then one desk with the record button, the meetings, why clients were answered as they
// were, and how the box is doing.

import { byId } from "/shared/dom.js";
import { Phrases, LANGUAGES, moment } from "/shared/phrases.js";
import { Refusal, call } from "/agent/server.js";
import { RecordButton } from "/agent/recorder.js";
import { ButtonSwitch } from "/agent/button.js";
import { LiveText } from "/agent/live.js";
import { Meetings } from "/agent/meetings.js";
import { Upload } from "/agent/upload.js";
import { Answers } from "/agent/answers.js";
import { Uplink } from "/agent/uplink.js";

/** An older base than this is pointed out. */
const OLD_MS = 7 * 24 * 3600 * 1000;
/** The language of the page is a setting of this browser, not a fact about anybody. */
const LANGUAGE_KEY = "branchbox.agent.language";

const phrases = new Phrases("/agent/phrases");
const reasons = new Phrases("/shared/reasons");
const say = (key, values) => phrases.say(key, values);
const button = new RecordButton(phrases, explain, () => meetings.refresh());
const beside = new ButtonSwitch(phrases);
const upload = new Upload(phrases, explain, () => meetings.refresh());
const live = new LiveText(phrases);
const meetings = new Meetings(phrases, explain, signedOut);
const answers = new Answers(phrases, signedOut);
const uplink = new Uplink(phrases, reasons, signedOut);
let events = null;
let name = null;
let problem = null;
let sync = null;
let base = null;

await Promise.all([phrases.load(), reasons.load()]);
wire();
const kept = localStorage.getItem(LANGUAGE_KEY);
turn(LANGUAGES.includes(kept) ? kept : "yue");
await call("GET", "/me").then((me) => signedIn(me.name), signedOut);
document.documentElement.dataset.ready = "yes";

function wire() {
  for (const choice of document.querySelectorAll("[data-language]")) {
    choice.addEventListener("click", () => {
      localStorage.setItem(LANGUAGE_KEY, choice.dataset.language);
      turn(choice.dataset.language);
    });
  }
  byId("sign-in").addEventListener("submit", async (event) => {
    event.preventDefault();
    const typed = { name: byId("name").value, code: byId("code").value };
    byId("code").value = "";
    try {
      await call("POST", "/sign-in", typed);
      problem = null;
      signedIn(typed.name.trim());
    } catch (refusal) {
      problem = refusal;
      drawProblem();
      byId("code").focus();
    }
  });
  byId("sign-out").addEventListener("click", () => call("POST", "/sign-out").then(signedOut, signedOut));
}

function turn(language) {
  phrases.apply(language);
  drawProblem();
  button.draw();
  beside.draw();
  upload.draw();
  live.draw();
  meetings.draw();
  answers.draw();
  uplink.draw();
  drawFooter();
}

function drawProblem() {
  byId("sign-in-problem").hidden = !problem;
  byId("sign-in-problem").textContent = problem ? explain(problem) : "";
}

/** A refusal in the page's language; what only the box can say (a device, a file) is added as it said it. */
function explain(refusal) {
  const code = refusal instanceof Refusal ? refusal.code : "other";
  const key = phrases.has(`error.${code}`) ? `error.${code}` : "error.other";
  return say(key, { seconds: refusal.retryAfter ?? "", detail: refusal.message });
}

function signedIn(who) {
  name = who;
  show(true);
  events?.close();
  events = new EventSource("/agent/api/events");
  const on = (kind, heard) => events.addEventListener(kind, (e) => heard(JSON.parse(e.data)));
  on("recorder", (status) => {
    button.heard(status);
    live.recording(status.state === "idle" ? null : status.recording);
  });
  on("progress", (progress) => {
    meetings.heard(progress);
    live.heard(progress);
  });
  on("sync", (status) => { sync = status; drawFooter(); });
  on("base", (info) => { base = info; drawFooter(); });
  events.addEventListener("error", lost);
  button.look();
  beside.look();
  meetings.refresh();
  answers.refresh();
}

/** The stream ended: signed out, or the box restarts (the browser tries again by itself). */
async function lost() {
  byId("footer").dataset.connected = "no";
  try {
    await call("GET", "/me");
    byId("footer").dataset.connected = "yes";
    if (events.readyState === EventSource.CLOSED) signedIn(name);
  } catch (refusal) {
    if (refusal.code === "signed-out") signedOut();
    else setTimeout(lost, 3000);
  }
}

function signedOut() {
  name = null;
  events?.close();
  events = null;
  meetings.stop();
  live.recording(null);
  upload.stop();
  answers.stop();
  uplink.stop();
  show(false);
}

function show(inside) {
  byId("sign-in").hidden = inside;
  byId("desk").hidden = !inside;
  byId("footer").hidden = !inside;
  byId("sign-out").hidden = !inside;
  byId("who").textContent = name ?? "";
  if (!inside) byId("sign-in").reset();
}

function drawFooter() {
  byId("sync").textContent = syncWords();
  byId("sync").title = sync?.problem ?? "";
  byId("sync").dataset.good = sync && (sync.connected || !sync.branch) ? "yes" : "no";
  byId("base").textContent = base
    ? say("base", { version: base.version.slice(0, 8), n: base.listings, date: moment(base.imported_at, phrases.tag) })
    : say("base.none");
  byId("base").dataset.good = base && Date.now() - Date.parse(base.imported_at) < OLD_MS ? "yes" : "no";
}

function syncWords() {
  if (!sync) return "";
  if (!sync.branch) return say("sync.alone");
  if (sync.connected) return say("sync.connected", { waiting: sync.waiting.count });
  // A reason that this page does not know yet is a line that is down.
  const refused = `sync.refused.${sync.refused}`;
  if (sync.refused && phrases.has(refused)) return say(refused, { waiting: sync.waiting.count });
  const since = sync.last_contact ? moment(sync.last_contact, phrases.tag) : say("sync.never");
  return say("sync.down", { since, waiting: sync.waiting.count });
}
