// Fills the head-office page from /api/overview, every few seconds. Texts come from the phrase file of the chosen
// language; what comes from a branch is put in as text, never as markup.
"use strict";

const OURS = { "X-Branchbox": "1" };
const LOCALES = { yue: "zh-Hant-HK", cmn: "zh-Hans-CN", en: "en-HK" };
const EVERY_MS = 3000;
let language = "en";
let phrases = {};
let shown = null; // the overview that is on the page

const $ = (id) => document.getElementById(id);

function say(key, blanks = {}) {
  return (phrases[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => String(blanks[name] ?? ""));
}
function known(key, fallback) {
  return key in phrases ? phrases[key] : fallback;
}
function make(tag, text, className) {
  const element = document.createElement(tag);
  if (text !== undefined && text !== null) element.textContent = text;
  if (className) element.className = className;
  return element;
}
function at(text) {
  return new Intl.DateTimeFormat(LOCALES[language], {
    month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Hong_Kong",
  }).format(new Date(text));
}
function ago(text) {
  const seconds = Math.max(0, (new Date(shown.now) - new Date(text)) / 1000);
  const [unit, size] = seconds < 90 ? ["second", 1] : seconds < 5400 ? ["minute", 60]
    : seconds < 129600 ? ["hour", 3600] : ["day", 86400];
  return new Intl.RelativeTimeFormat(LOCALES[language]).format(-Math.round(seconds / size), unit);
}
const number = (value) => new Intl.NumberFormat(LOCALES[language]).format(value);

async function call(path, options = {}) {
  const response = await fetch(path, options);
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Error(problem.detail ?? response.statusText);
  }
  return response.status === 204 ? null : response.json();
}

async function choose(wanted) {
  phrases = await call(`phrases/${wanted}.json`);
  language = wanted;
  try { localStorage.setItem("language", wanted); } catch { /* a private window keeps nothing */ }
  document.documentElement.lang = LOCALES[wanted];
  document.title = say("title");
  for (const element of document.querySelectorAll("[data-phrase]")) element.textContent = say(element.dataset.phrase);
  for (const button of $("languages").children) button.setAttribute("aria-pressed", button.dataset.language === wanted);
  nameFile();
  if (shown) show(shown);
}

function branchRow(b) {
  const row = make("tr");
  const name = make("td", b.name, "name");
  if (b.software) name.append(make("small", `Branchbox ${b.software}`));
  const state = make("td");
  state.append(make("span", say(b.online ? "online" : "offline"), b.online ? "pill" : "pill off"));
  state.append(make("small", b.last_seen ? say("seen", { when: ago(b.last_seen) }) : say("never_seen")));
  for (const code of b.alarms) state.append(make("span", known(`alarm.${code}`, code), "pill old"));
  const listings = make("td");
  if (!b.listings) {
    listings.append(make("span", say("no_listings"), "pill off"));
  } else {
    listings.append(make("span", say(b.current ? "current" : "behind"), b.current ? "pill" : "pill old"));
    const age = b.listings_made_at ? say("made", { when: ago(b.listings_made_at) }) : say("foreign");
    listings.append(make("small", `${b.listings.slice(0, 8)} · ${age}`));
  }
  const waiting = make("td", b.waiting === null ? "–" : number(b.waiting), "number");
  if (b.waiting > 0 && b.waiting_since) waiting.append(make("small", say("since", { when: at(b.waiting_since) })));
  const today = make("td", say("today_counts", { questions: number(b.questions_today), meetings: number(b.meetings_today) }));
  const end = make("td");
  const remove = make("button", say("remove"), "plain");
  remove.type = "button";
  remove.addEventListener("click", async () => {
    if (!confirm(say("remove_sure", { branch: b.name }))) return;
    try { await call(`api/branches/${encodeURIComponent(b.id)}`, { method: "DELETE", headers: OURS }); } catch (e) { alert(e.message); }
    refresh();
  });
  end.append(remove);
  row.append(name, state, listings, waiting, today, end);
  return row;
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
  return card;
}

function show(overview) {
  shown = overview;
  const online = overview.branches.filter((b) => b.online).length;
  $("line").textContent = say("line", { online: number(online), all: number(overview.branches.length) });
  $("branches").replaceChildren(...overview.branches.map(branchRow));
  $("no-branches").hidden = overview.branches.length > 0;
  const base = overview.listings;
  $("listings").textContent = base ? say("units", { count: number(base.count) }) : say("no_base");
  $("listings-detail").textContent = base
    ? say("base_detail", { version: base.version.slice(0, 8), when: at(base.made_at), source: base.source }) : say("no_base_help");
  $("codes").replaceChildren(...overview.codes.map((c) => make("li", say("open_code", { branch: c.branch, when: at(c.expires_at) }))));
  $("meetings").replaceChildren(...overview.meetings.map(meetingCard));
  $("no-meetings").hidden = overview.meetings.length > 0;
}

async function refresh() {
  try {
    show(await call("api/overview"));
  } catch {
    $("line").textContent = say("no_answer");
  }
}

function problem(box, error) {
  box.className = "report bad";
  box.replaceChildren(make("p", error.message));
}

$("enrol").addEventListener("submit", async (event) => {
  event.preventDefault();
  const box = $("code");
  box.hidden = false;
  try {
    const body = JSON.stringify({ branch: $("branch-name").value, hours: Number($("hours").value) });
    const given = await call("api/codes", { method: "POST", headers: { ...OURS, "Content-Type": "application/json" }, body });
    box.className = "report";
    box.replaceChildren(
      make("p", say("code_for", { branch: given.branch, when: at(given.expires_at) })), make("code", given.code),
      make("p", say("code_once")), make("code", given.command, "command"));
    $("branch-name").value = "";
  } catch (error) {
    problem(box, error);
  }
  refresh();
});

function nameFile() {
  $("file-name").textContent = $("file").files[0]?.name ?? say("choose");
}
$("file").addEventListener("change", nameFile);

$("upload").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [file] = $("file").files;
  const box = $("report");
  const button = event.submitter;
  button.disabled = true;
  box.hidden = false;
  box.className = "report";
  box.replaceChildren(make("p", say("importing", { file: file.name })));
  try {
    const done = await call(`api/listings?file=${encodeURIComponent(file.name)}`, { method: "POST", headers: OURS, body: file });
    const counts = {};
    for (const kind of ["taken", "changed", "unchanged", "removed", "rejected"]) counts[kind] = number(done[kind].length);
    const rejected = make("ul");
    rejected.append(...done.rejected.map((row) => make("li", rejectedText(row))));
    box.replaceChildren(make("p", say("import_report", counts)), rejected);
    if (done.unused_columns.length) box.append(make("p", say("unused_columns", { columns: done.unused_columns.join(", ") })));
    $("upload").reset();
    nameFile();
  } catch (error) {
    problem(box, error);
  }
  button.disabled = false;
  refresh();
});

function rejectedText(row) {
  const problems = row.problems.map((p) => [p.column, p.value ? `“${p.value}”` : "", p.reason].filter(Boolean).join(" "));
  return `${say("row", { line: row.line })}${row.reference ? ` (${row.reference})` : ""}: ${problems.join("; ")}`;
}

for (const button of $("languages").children) button.addEventListener("click", () => choose(button.dataset.language));

(async () => {
  let wanted = null;
  try { wanted = localStorage.getItem("language"); } catch { /* as above */ }
  const browser = navigator.language.startsWith("zh") ? (/Hans|CN|SG/i.test(navigator.language) ? "cmn" : "yue") : "en";
  await choose(LOCALES[wanted] ? wanted : browser);
  await refresh();
  document.documentElement.dataset.ready = "yes"; // what the page shows from here on is up to date
  setInterval(() => { if (!document.hidden) refresh(); }, EVERY_MS);
})();
