// Fills the head-office page from /api/overview, every few seconds; each part has a file of its own. Texts come from the
// phrase file of the chosen language; what comes from a branch is put in as text, never as markup.

import { showLogs, startBranch } from "./branch.js";
import { showCodes, showGiven, startEnrol } from "./enrol.js";
import { refreshFeeds, showFeeds, startFeeds } from "./feeds.js";
import { showFleet, startFleet } from "./fleet.js";
import { showGroups, startGroups } from "./groups.js";
import { nameFile, showListings, showReport, startListings } from "./listings.js";
import { showReleases } from "./releases.js";
import { $, at, call, known, locale, LOCALES, make, number, put, redraw, say, speak, state } from "./say.js";

const EVERY_MS = 3000;

async function choose(wanted) {
  await speak(wanted);
  try { localStorage.setItem("language", wanted); } catch { /* a private window keeps nothing */ }
  document.documentElement.lang = locale();
  document.title = say("title");
  for (const element of document.querySelectorAll("[data-phrase]")) element.textContent = say(element.dataset.phrase);
  for (const button of $("languages").children) button.setAttribute("aria-pressed", button.dataset.language === wanted);
  nameFile();
  if (state.overview) show();
  showReport();
  showGiven();
  showFeeds();
}

function pointText(p) {
  const slot = p.slot ? known(`slot.${p.slot}`, p.slot) : "";
  let value = "";
  if (typeof p.value === "number") value = number(p.value);
  else if (typeof p.value === "string") value = p.type === "appointment" && !isNaN(Date.parse(p.value)) ? at(p.value) : known(`value.${p.value}`, p.value);
  const avoid = p.polarity === "avoid" ? say("avoid") : "";
  return [known(`type.${p.type}`, p.type), [avoid, slot, value].filter(Boolean).join(" ")].filter(Boolean).join(say("colon"));
}

function meetingCard(m) {
  const card = make("article");
  card.append(make("h3", `${m.branch} · ${at(m.started_at)}`));
  const facts = [];
  if (m.seconds !== null) {
    const whole = Math.round(m.seconds);
    facts.push(say("length", { minutes: Math.floor(whole / 60), seconds: String(whole % 60).padStart(2, "0") }));
  }
  if (m.agent) facts.push(m.agent);
  if (m.state === "broken_off") facts.push(say("broken_off"));
  card.append(make("small", facts.join(" · "), "quiet"));
  if (m.points === null) {
    card.append(make("p", say("no_minutes_yet"), "quiet"));
  } else if (m.points.length === 0) {
    card.append(make("p", say("no_points"), "quiet"));
  } else {
    const list = make("ul");
    list.append(...m.points.map((p) => make("li", pointText(p))));
    card.append(list);
  }
  if (m.sound) {
    const sound = make("a", say("sound"));
    sound.href = `api/branches/${encodeURIComponent(m.branch_id)}/sound/${encodeURIComponent(m.id)}`;
    sound.download = "";
    card.append(sound);
  }
  return card;
}

function show() {
  const { branches, meetings } = state.overview;
  const online = branches.filter((b) => b.online).length;
  put($("line"), say("line", { online: number(online), all: number(branches.length) }));
  showFleet();
  showListings();
  showCodes();
  showGroups();
  showReleases();
  redraw($("meetings"), meetings.map(meetingCard));
  $("no-meetings").hidden = meetings.length > 0;
}

async function refresh() {
  try {
    state.overview = await call("api/overview");
  } catch {
    put($("line"), say("no_answer"));
    return;
  }
  show();
}

for (const button of $("languages").children) button.addEventListener("click", () => choose(button.dataset.language));
state.refresh = refresh;
for (const start of [startFleet, startBranch, startListings, startEnrol, startFeeds, startGroups]) start();
let kept = null;
try { kept = localStorage.getItem("language"); } catch { /* as above */ }
const browser = navigator.language.startsWith("zh") ? (/Hans|CN|SG/i.test(navigator.language) ? "cmn" : "yue") : "en";
await choose(LOCALES[kept] ? kept : browser);
await refresh();
await refreshFeeds();
document.documentElement.dataset.ready = "yes"; // what the page shows from here on is up to date
setInterval(() => { if (!document.hidden) { refresh(); showLogs(); } }, EVERY_MS);
