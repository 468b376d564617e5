// One branch, opened from the table: how it stands in full, its receipts, its groups, its logs, and its end.

import { alarmText, diskText, due, showFleet, troubles } from "./fleet.js";
import { $, ago, at, call, change, checkbox, date, known, make, number, option, put, redraw, say, state, sure, tell } from "./say.js";

let chosen = null; // id of the branch that is open
let logs = [];

export const openId = () => chosen;
const path = (b, rest = "") => `api/branches/${encodeURIComponent(b)}${rest}`;
const current = () => state.overview.branches.find((branch) => branch.id === chosen);

export function openBranch(id) {
  chosen = chosen === id ? null : id;
  logs = [];
  tell($("branch-problem"), null);
  showFleet();
  if (!chosen) return;
  $("h-branch").focus();
  $("branch").scrollIntoView({ block: "nearest" });
  showLogs();
}
function closeBranch() {
  const key = `open-${chosen}`;
  chosen = null;
  showFleet();
  (document.querySelector(`[data-key="${CSS.escape(key)}"]`) ?? $("h-branches")).focus();
}

function settingsText(held) {
  const newest = state.overview.settings_version;
  if (!held?.held) return newest ? say("settings_coming", { n: number(newest) }) : say("settings_none");
  const parts = [say(held.held === held.running ? "settings_runs" : "settings_next_start", { n: number(held.held) })];
  if (held.held !== newest) parts.push(say("settings_coming", { n: number(newest) }));
  if (held.overruled?.length) parts.push(say("overruled", { keys: held.overruled.join(", ") }));
  return parts.join(" · ");
}
function facts(b) {
  const h = b.health ?? {};
  const since = (when) => (when ? say("since", { when: at(when) }) : null);
  const several = (...parts) => parts.filter(Boolean).join(" · ");
  const update = h.update ? say(`update.${h.update.state}`, { version: h.update.version, mb: number(Math.floor(h.update.bytes / 1e6)) }) : null;
  const started = h.uptime_s === undefined ? null : new Date(new Date(state.overview.now) - 1000 * h.uptime_s).toISOString();
  const received = b.acknowledged === null ? say("received_none")
    : several(b.acknowledged ? say("received_to", { n: number(b.acknowledged) }) : say("received_none"), b.acknowledged_at && at(b.acknowledged_at));
  return [
    ["attention", [...b.fleet_alarms.map((a) => `${alarmText(a)} (${say("noticed", { when: at(a.since) })})`), ...b.alarms.map((c) => known(`alarm.${c}`, c)), h.fleet_problem]
      .filter(Boolean).join("\n") || (troubles(b) ? null : say("nothing"))],
    ["state", several(say(b.online ? "online" : "offline"), b.last_seen && say("seen", { when: at(b.last_seen) }))],
    ["software", several(b.software, due(b) && say("due", { version: due(b) }))],
    ["update", [update, h.update?.problem].filter(Boolean).join(" – ")],
    ["listings", !b.listings ? say("no_listings") : several(say(b.current ? "current" : "behind"), b.listings.slice(0, 8), b.listings_made_at ? at(b.listings_made_at) : say("foreign"))],
    ["uptime", started && at(started)],
    ["disk", h.disk_total ? diskText(h) : null],
    ["microphone", h.microphone && known(`microphone.${h.microphone}`, h.microphone)],
    ["last_meeting", h.last_meeting && several(at(h.last_meeting), ago(h.last_meeting))],
    ["today", say("today_counts", { questions: number(b.questions_today), meetings: number(b.meetings_today) })],
    ["waiting", b.waiting === null ? null : several(number(b.waiting), since(b.waiting_since))],
    ["received", received],
    ["jobs", h.jobs && several(say("jobs_text", { waiting: number(h.jobs.waiting), failed: number(h.jobs.failed) }), since(h.jobs.oldest))],
    ["certificate", b.certificate_until && date(b.certificate_until)],
    ["settings", settingsText(h.settings)],
    ["enrolled", date(b.enrolled_at)],
  ].filter(([, text]) => text);
}

/** Puts a branch into a group or takes it out; the sentence that says why not, or null. */
export async function setGroup(id, name, within) {
  const b = state.overview.branches.find((branch) => branch.id === id);
  if (!b) return say("no_such_branch");
  const groups = within ? [...b.groups, name] : b.groups.filter((g) => g !== name);
  return change(path(b.id, "/groups"), "PUT", { groups });
}

export function showBranch() {
  const b = current();
  $("branch").hidden = !b;
  if (!b) { chosen = null; return; }
  put($("h-branch"), b.name);
  redraw($("facts"), facts(b).flatMap(([key, text]) => [make("dt", say(key)), make("dd", text)]));
  const names = state.overview.groups.filter((g) => g.name).map((g) => g.name);
  redraw($("branch-groups"), names.map((name) => checkbox(name, `in-${name}-${b.id}`, b.groups.includes(name), async (within) => {
    const problem = await setGroup(b.id, name, within);
    tell($("branch-problem"), problem);
    return problem;
  })));
  $("no-groups").hidden = names.length > 0;
  drawLogs(b);
}

/** Asked for, on its way, or here. */
function logText(b, newest) {
  if (!newest) return say("log_none");
  if (newest.received_at) return say("log_of", { when: at(newest.received_at) });
  return say(b.online ? "log_arriving" : "log_waits", { when: at(newest.asked_at) });
}
function drawLogs(b) {
  const [newest] = logs;
  put($("log-state"), logText(b, newest));
  $("ask-log").disabled = !!newest && !newest.received_at;
  const here = logs.filter((l) => l.lines !== null);
  const select = $("log-which");
  const { value } = select;
  redraw(select, here.map((l) => option(l.id, at(l.received_at))));
  if (here.some((l) => l.id === value)) select.value = value;
  $("log-choice").hidden = here.length < 2;
  const lines = (here.find((l) => l.id === select.value) ?? here[0])?.lines;
  $("log").hidden = lines === undefined;
  put($("log"), lines === "" ? say("log_empty") : lines ?? "");
}
export async function showLogs() {
  const id = chosen;
  if (!id) return;
  try {
    const got = await call(path(id, "/logs"));
    if (id !== chosen) return;
    logs = got;
  } catch { /* the page's first line says that head office does not answer */ }
  if (current()) drawLogs(current());
}

async function remove() {
  const b = current();
  if (!b || !(await sure(say("remove_sure", { branch: b.name }), say("remove")))) return;
  const failed = await change(path(b.id), "DELETE");
  tell($("branch-problem"), failed);
  if (failed) return;
  put($("fleet-done"), say("removed", { branch: b.name }));
  $("h-branches").focus();
}

/** Called once, when the page is there. */
export function startBranch() {
  $("close-branch").addEventListener("click", closeBranch);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && chosen && !$("sure").open) closeBranch(); });
  $("ask-log").addEventListener("click", async () => {
    tell($("branch-problem"), await change(path(chosen, "/logs"), "POST"));
    showLogs();
  });
  $("log-which").addEventListener("change", () => drawLogs(current()));
  $("remove-branch").addEventListener("click", remove);
}
