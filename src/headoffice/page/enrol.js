// One-time codes: for one branch, or for all that IT enrols in a morning, as a list to save or to print.

import { $, at, button, csvLink, make, number, redraw, say, send, state, table } from "./say.js";

// The codes are nowhere else, so they stay on the page, in whichever language it speaks next.
let result = null;

async function makeCodes(names, hours, onProgress) {
  const given = [], refused = [];
  for (const branch of names) {
    onProgress(given.length + refused.length);
    try {
      given.push(await send("api/codes", "POST", { branch, hours }));
    } catch (error) {
      refused.push(`${branch}: ${error.message}`);
    }
  }
  return { given, refused };
}

function codeTable(given) {
  return table(["branch", "code", "good_until"], given.map((g) => [g.branch, make("code", g.code), at(g.expires_at)]));
}

function saveAndPrint(given) {
  const rows = [["branch", "code", "good until", "command"], ...given.map((g) => [g.branch, g.code, g.expires_at, g.command])];
  const print = button(say("print"), "print", () => window.print(), "plain");
  const both = make("p", null, "buttons no-print");
  both.append(csvLink("save_codes", "enrolment-codes.csv", rows), print);
  return both;
}

async function enrol(event) {
  event.preventDefault();
  const names = [...new Set($("branch-name").value.split("\n").map((n) => n.trim()).filter(Boolean))];
  const box = $("code"), go = $("make-code");
  if (go.disabled) return;
  go.disabled = true;
  box.hidden = false;
  box.className = "report";
  const progress = (n) => box.replaceChildren(make("p", say("making_codes", { n: number(n), all: number(names.length) })));
  result = await makeCodes(names, Number($("hours").value), progress);
  go.disabled = false;
  showGiven();
  const { given, refused } = result;
  if (refused.length === 0) $("branch-name").value = "";
  else $("branch-name").value = names.filter((name) => !given.some((g) => g.branch === name)).join("\n");
  state.refresh();
}

export function showGiven() {
  if (!result) return;
  const { given, refused } = result;
  const box = $("code");
  if (given.length === 0) box.className = "report bad";
  box.replaceChildren(...refused.map((text) => make("p", text)));
  const [first] = given;
  if (given.length === 1) {
    box.append(make("p", say("code_for", { branch: first.branch, when: at(first.expires_at) })), make("code", first.code),
      make("p", say("code_once")), make("code", first.command, "command"));
  } else if (first) {
    box.append(make("p", say("codes_once", { count: number(given.length) })), make("code", first.command.replace(first.code, "CODE"), "command"),
      codeTable(given), saveAndPrint(given));
  }
}

export function showCodes() {
  const { codes } = state.overview;
  $("open-codes").hidden = codes.length === 0;
  $("open-codes").firstElementChild.textContent = say("open_codes", { count: number(codes.length) });
  redraw($("codes"), codes.map((c) => make("li", say("open_code", { branch: c.branch, when: at(c.expires_at) }))));
}

/** Called once, when the page is there. */
export function startEnrol() {
  $("enrol").addEventListener("submit", enrol);
}
