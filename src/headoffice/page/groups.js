// Groups of branches: who is in them, the settings that they give with what may be set, their scripts and words.

import { setGroup } from "./branch.js";
import { rejectedTable } from "./listings.js";
import { $, button, call, change, checkbox, known, make, number, OURS, put, redraw, say, spoken, state, sure, tell } from "./say.js";

// What the forms were drawn from. They are drawn again when that changed and nobody is at them; where a group, a branch
// or the language is another, at once, with what was typed.
let drawn = { forms: "", all: "" };

function members(g) {
  const details = make("details");
  const summary = make("summary");
  const count = (n) => say("member_count", { count: number(n) });
  summary.textContent = count(g.branches.length);
  const problem = make("p", null, "report bad");
  problem.hidden = true;
  const list = make("div", null, "members");
  list.append(...state.overview.branches.map((b) => checkbox(b.name, `member-${g.name}-${b.id}`, b.groups.includes(g.name), async (within) => {
    const failed = await setGroup(b.id, g.name, within);
    tell(problem, failed);
    if (!failed) summary.textContent = count(list.querySelectorAll(":checked").length);
    return failed;
  })));
  details.append(summary, list, problem);
  details.dataset.group = g.name;
  return details;
}

function wordsField(g, done) {
  const words = make("label", null, "file");
  const file = make("input");
  file.type = "file";
  file.accept = ".csv,.xlsx,.ods,.json,text/csv";
  const held = make("span", g.phrasebook_version ? say("words_held", { version: g.phrasebook_version.slice(0, 8) }) : say("choose"), "box");
  words.append(make("span", say("words")), file, held);
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    const query = `group=${encodeURIComponent(g.name)}&file=${encodeURIComponent(chosen.name)}`;
    try {
      const taken = await call(`api/groups/phrasebook?${query}`, { method: "POST", headers: OURS, body: chosen });
      done(say("words_taken", { count: number(taken.taken), rejected: number(taken.rejected.length) }), taken.rejected);
    } catch (e) {
      done(null, [], e.message);
    }
    file.value = "";
  });
  return words;
}

function groupForm(g) {
  const form = make("form", null, "group");
  const label = make("label");
  const title = g.name || say("all_branches");
  label.append(make("strong", title), make("span", say("settings_of")));
  const text = make("textarea");
  text.id = `settings-${g.name}`;
  text.rows = 3;
  text.spellcheck = false;
  text.defaultValue = g.settings;
  label.append(text);
  const report = make("div", null, "report");
  report.setAttribute("role", "status");
  report.hidden = true;
  const done = (said, rejected = [], problem = null) => {
    report.hidden = false;
    report.className = problem ? "report bad" : "report";
    report.replaceChildren(make("p", problem ?? said), ...(rejected.length ? rejectedTable(rejected) : []));
  };
  const save = make("button", say("save"));
  const buttons = make("div", null, "buttons");
  buttons.append(save);
  if (g.name) {
    buttons.append(button(say("remove"), `remove-${g.name}`, async () => {
      if (!(await sure(say("remove_group_sure", { group: g.name }), say("remove")))) return;
      const failed = await change(`api/groups/${encodeURIComponent(g.name)}`, "DELETE");
      if (failed) done(null, [], failed);
      else $("group-name").focus();
    }, "plain"));
  }
  form.append(label, ...(g.name ? [members(g)] : []), wordsField(g, done), buttons, report);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = await change("api/groups", "POST", { name: g.name, settings: text.value });
    if (!failed) text.defaultValue = text.value;
    done(say("saved", { group: title }), [], failed);
  });
  return form;
}

/** How many boxes hold and use the newest settings. */
function reach() {
  const { branches, settings_version: newest } = state.overview;
  if (!newest) return "";
  const with_ = (field) => branches.filter((b) => b.health?.settings?.[field] === newest).length;
  return say("settings_reach", { n: number(newest), held: number(with_("held")), running: number(with_("running")), all: number(branches.length) });
}

export function showGroups() {
  const { groups, branches, setting_keys: keys } = state.overview;
  put($("settings-reach"), reach());
  redraw($("setting-keys"), keys.flatMap((key) => [make("dt", key), make("dd", known(`setting.${key}`, ""))]));
  const forms = JSON.stringify([groups.map((g) => g.name), branches.map((b) => [b.id, b.name]), spoken()]);
  const all = JSON.stringify([forms, groups]);
  const typed = [...$("groups").querySelectorAll("textarea")].filter((text) => text.value !== text.defaultValue);
  const busy = typed.length || $("groups").contains(document.activeElement) || $("groups").querySelector("details[open], .report:not([hidden])");
  if (all === drawn.all || (busy && forms === drawn.forms)) return;
  drawn = { forms, all };
  $("groups").replaceChildren(...groups.map(groupForm));
  for (const { id, value } of typed) if ($(id)) $(id).value = value;
}

/** Called once, when the page is there. */
export function startGroups() {
  $("new-group").addEventListener("submit", async (event) => {
    event.preventDefault();
    const failed = await change("api/groups", "POST", { name: $("group-name").value.trim(), settings: "" });
    tell($("group-problem"), failed);
    if (!failed) $("group-name").value = "";
  });
}
