// How listings and pictures come in by themselves, from /api/feeds: the watched folder, the pictures that listings name,
// and the systems that may send listings with a token.

import { $, ago, at, button, call, change, make, number, redraw, say, send, state, sure, why } from "./say.js";

const EVERY_MS = 10_000;
let feeds = null; // what is on the page

export async function refreshFeeds() {
  try {
    feeds = await call("api/feeds");
    showFeeds();
  } catch { /* the page's first line says that head office does not answer */ }
}

export function showFeeds() {
  if (!feeds || !state.overview) return;
  const { folder, pictures } = feeds;
  const lines = [];
  if (pictures.here + pictures.waiting > 0) {
    lines.push(say("pictures", { here: number(pictures.here), waiting: number(pictures.waiting), failed: number(pictures.failed) }));
  }
  for (const { count, problem, why: reason } of pictures.problems) {
    lines.push(say("picture_problem", { count: number(count), problem: reason ? why(reason) : problem }));
  }
  if (folder) {
    lines.push(say(folder.here ? "folder" : "folder_elsewhere", { folder: folder.folder }));
    if (folder.problem) lines.push(folder.problem);
    for (const waiting of folder.waiting) lines.push(`${waiting.file} ${why(waiting)}`);
    if (folder.last) {
      const { file, at: when, imported, said } = folder.last;
      lines.push(say(imported ? "folder_imported" : "folder_refused", { file, when: at(when), said }));
    }
  }
  redraw($("feeds"), lines.map((line) => make("li", line)));
  $("feeds").hidden = lines.length === 0;
  redraw($("systems"), feeds.systems.map(system));
}

function system({ name, made_at: made, used_at: used }) {
  const item = make("li");
  item.append(make("span", `${name} · ${used ? say("token_used", { when: ago(used) }) : say("token_unused", { when: at(made) })} `),
    button(say("end"), `end-${name}`, async () => {
      if (!(await sure(say("end_token_sure", { name }), say("end")))) return;
      const failed = await change(`api/tokens/${encodeURIComponent(name)}`, "DELETE");
      if (failed) showToken([make("p", failed)], true);
      else $("token").hidden = true;
      await refreshFeeds();
      $("system-name").focus();
    }, "plain"));
  return item;
}

function showToken(parts, bad) {
  $("token").hidden = false;
  $("token").className = bad ? "report bad" : "report";
  $("token").replaceChildren(...parts);
}

async function makeToken(event) {
  event.preventDefault();
  try {
    const given = await send("api/tokens", "POST", { name: $("system-name").value.trim() });
    showToken([make("p", say("token_for", { name: given.name })), make("code", given.token), make("p", say("token_how")),
      make("code", `POST ${given.url}`, "command"), make("code", "Authorization: Bearer …", "command")], false);
    $("system-name").value = "";
  } catch (e) {
    showToken([make("p", e.message)], true);
  }
  refreshFeeds();
}

/** Called once, when the page is there. */
export function startFeeds() {
  $("new-token").addEventListener("submit", makeToken);
  setInterval(() => { if (!document.hidden) refreshFeeds(); }, EVERY_MS);
}
