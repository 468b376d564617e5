// The table of branches: what is in trouble first, with counts and filters.

import { openBranch, openId, showBranch } from "./branch.js";
import { $, ago, date, known, locale, make, number, option, pill, put, redraw, say, state } from "./say.js";

const WORST = ["clone", "offline", "disk", "microphone", "outbox", "listings", "update", "certificate"];
const FILTERS = {
  "": () => true,
  trouble: (b) => troubles(b) > 0,
  offline: (b) => !b.online,
  listings: (b) => !b.current,
  software: (b) => !!due(b),
  waiting: (b) => b.waiting > 0,
};

export const troubles = (b) => b.fleet_alarms.length + b.alarms.length + (b.health?.fleet_problem ? 1 : 0);
/** The version that every branch is to have, where this one has another. */
export function due(b) {
  const all = state.overview.releases.find((r) => r.stage === "all")?.version;
  return all && b.software !== all ? all : null;
}
function rank(b) {
  const codes = b.fleet_alarms.map((a) => WORST.indexOf(a.code)).filter((i) => i >= 0);
  return Math.min(...codes, b.alarms.length ? 3.5 : 90, troubles(b) ? 40 : 90, b.online ? 90 : 50, b.current ? 90 : 60);
}
const isTime = (text) => /^\d{4}-\d\d-\d\dT/.test(text);
export function alarmText(a) {
  const detail = !isTime(a.detail) ? a.detail : a.code === "certificate" ? date(a.detail) : ago(a.detail);
  return say(`fleet.${a.code}`, { detail });
}
export function diskText(h) {
  if (!h?.disk_total) return "–";
  return say("disk_free", { percent: number(Math.floor((100 * h.disk_free) / h.disk_total)), gb: number(Math.floor(h.disk_free / 1e9)) });
}

function cell(key, ...children) {
  const td = make("td");
  td.setAttribute("role", "cell");
  td.dataset.label = say(key);
  td.append(...children.filter((c) => c !== null && c !== undefined));
  return td;
}
function listingsCell(b) {
  if (!b.listings) return cell("listings", pill(say("no_listings"), "off"));
  const age = b.listings_made_at ? say("made", { when: ago(b.listings_made_at) }) : say("foreign");
  return cell("listings", pill(say(b.current ? "current" : "behind"), b.current ? "" : "old"),
    make("small", `${b.listings.slice(0, 8)} · ${age}`));
}
function stateCell(b) {
  const said = b.online ? null : b.last_seen ? say("since", { when: ago(b.last_seen) }) : say("never_seen");
  return cell("state", pill(say(b.online ? "online" : "offline"), b.online ? "" : "off"), said && make("small", said));
}
function attentionCell(b) {
  const td = cell("attention", ...b.fleet_alarms.map((a) => pill(alarmText(a), a.code === "clone" ? "bad" : "old")),
    ...b.alarms.map((code) => pill(known(`alarm.${code}`, code), "old")));
  if (b.health?.fleet_problem) td.append(pill(say("settings_problem"), "old"));
  if (!troubles(b)) td.append(make("span", "–", "quiet"));
  return td;
}

function branchRow(b) {
  const h = b.health;
  const row = make("tr", null, troubles(b) ? "trouble" : "");
  row.setAttribute("role", "row");
  const open = make("button", b.name, "link");
  open.type = "button";
  open.dataset.key = `open-${b.id}`;
  open.setAttribute("aria-expanded", String(openId() === b.id));
  open.setAttribute("aria-controls", "branch");
  open.addEventListener("click", () => openBranch(b.id));
  const name = make("th", null, "name");
  name.scope = "row";
  name.setAttribute("role", "rowheader");
  name.append(open, make("small", [b.software && `Branchbox ${b.software}`, ...b.groups].filter(Boolean).join(" · ")));
  if (due(b)) name.append(pill(say("due", { version: due(b) }), "old"));
  const percent = h?.disk_total ? say("disk_percent", { percent: number(Math.floor((100 * h.disk_free) / h.disk_total)) }) : "–";
  const waiting = cell("waiting", b.waiting === null ? "–" : number(b.waiting));
  if (b.waiting > 0 && b.waiting_since) waiting.append(make("small", say("since", { when: ago(b.waiting_since) })));
  row.append(name, stateCell(b), attentionCell(b), listingsCell(b), cell("disk", percent),
    cell("microphone", h?.microphone ? known(`microphone.${h.microphone}`, h.microphone) : "–"),
    cell("last_meeting", h?.last_meeting ? ago(h.last_meeting) : "–"), waiting);
  return row;
}

function showFilters(o) {
  const names = o.groups.filter((g) => g.name).map((g) => g.name);
  const keep = (select, options) => {
    const { value } = select;
    redraw(select, options);
    select.value = options.some((one) => one.value === value) ? value : "";
  };
  keep($("filter-group"), [option("", say("all_groups")), ...names.map((n) => option(n, n))]);
  keep($("filter-state"), Object.entries(FILTERS).map(([key, fits]) =>
    option(key, say(`show.${key || "all"}`, { count: number(o.branches.filter(fits).length) }))));
}

export function showFleet() {
  const o = state.overview;
  showFilters(o);
  const group = $("filter-group").value;
  const fits = FILTERS[$("filter-state").value];
  const name = $("filter-name").value.trim().toLocaleLowerCase(locale());
  const rows = o.branches
    .filter((b) => fits(b) && (!group || b.groups.includes(group)) && b.name.toLocaleLowerCase(locale()).includes(name))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, locale(), { numeric: true }));
  redraw($("branches"), rows.map(branchRow));
  const trouble = o.branches.filter(troubles).length;
  const shown = rows.length < o.branches.length ? say("shown_count", { shown: number(rows.length), all: number(o.branches.length) }) : "";
  put($("fleet-line"), [trouble ? say("trouble_count", { count: number(trouble) }) : say("trouble_none"), shown].filter(Boolean).join(" · "));
  $("fleet").hidden = rows.length === 0;
  $("none-shown").hidden = rows.length > 0 || o.branches.length === 0;
  $("no-branches").hidden = o.branches.length > 0;
  showBranch();
}

/** Called once, when the page is there. */
export function startFleet() {
  for (const id of ["filter-group", "filter-state"]) $(id).addEventListener("change", showFleet);
  $("filter-name").addEventListener("input", showFleet);
}
