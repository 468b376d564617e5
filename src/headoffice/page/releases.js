// Software updates: how far each is offered, how the branches get on with it, the next step, and halt.

import { $, button, change, date, known, make, number, pill, redraw, say, state, sure, tell, why } from "./say.js";

const STEPS = ["none", "one", "tenth", "all"];
const NEXT = { none: "one", one: "tenth", tenth: "all", halted: "one" };

function steps(r) {
  const list = make("ol", null, "steps");
  const reached = STEPS.indexOf(r.stage);
  list.append(...STEPS.map((stage, n) => {
    const item = make("li", say(`stage.${stage}`), n < reached ? "done" : "");
    if (n === reached) item.setAttribute("aria-current", "step");
    return item;
  }));
  return list;
}

async function go(r, to) {
  if (to === "all" && !(await sure(say("to_all_sure", { version: r.version, count: number(state.overview.branches.length) }), say("to.all")))) return;
  tell($("release-problem"), await change(`api/releases/${encodeURIComponent(r.version)}/stage`, "POST", { stage: to }));
}

/** How many branches are in a state, and which; of many that run it, which ones is no news. */
function progress({ state: name, count, names }) {
  const more = count > names.length ? [say("and_more", { count: number(count - names.length) })] : [];
  const phrase = name === "running" && more.length ? "offer_count" : "offer_named";
  const told = known(`offer.${name}`, name);
  return say(phrase, { state: told, count: number(count), names: [...names, ...more].join(say("comma")) });
}

function release(r) {
  const item = make("article");
  item.append(make("h3", `Branchbox ${r.version}`));
  if (r.stage === "halted") {
    const line = make("p");
    line.append(pill(say("stage.halted"), "bad"), r.halted_why ? ` ${why(r.halted_why)}` : "");
    item.append(line);
  } else {
    item.append(steps(r));
  }
  const counts = r.branches.map(progress);
  item.append(make("p", counts.join(" · ") || say("offer_none")),
    make("p", [say("added", { when: date(r.made_at) }), say("size", { mb: number(Math.max(1, Math.round(r.bytes / 1e6))) }), `SHA-256 ${r.sha256.slice(0, 12)}…`].join(" · "), "quiet"));
  const buttons = make("div", null, "buttons");
  const to = NEXT[r.stage];
  if (to) buttons.append(button(say(r.stage === "halted" ? "to.again" : `to.${to}`), `next-${r.version}`, () => go(r, to)));
  if (r.stage !== "none" && r.stage !== "halted") buttons.append(button(say("to.halt"), `halt-${r.version}`, () => go(r, "halt"), "stop"));
  item.append(buttons);
  return item;
}

export function showReleases() {
  const { releases } = state.overview;
  $("no-releases").hidden = releases.length > 0;
  redraw($("releases"), releases.map(release));
}
