// The listing base: which one branches are to show, a file as the next one, and what became of each of its rows.

import { $, at, call, csvLink, make, number, OURS, put, say, state, table, why } from "./say.js";

let result = null; // what became of the last file
let refused = null; // why nothing did
/** Rejected rows on the page at most; the rest are in the file to save. */
const ROWS = 200;

/** What was wrong with rows: a table, and all of it as a file. */
export function rejectedTable(rejected) {
  const rows = rejected.flatMap((row) => row.problems.map((p) => [number(row.line), row.reference, p.column ?? "", p.value ?? "", why(p)]));
  const box = make("div", null, "rows");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", say("rejected_rows"));
  box.append(table(["line_no", "reference", "column", "value", "problem"], rows.slice(0, ROWS)));
  const all = [["line", "ref", "column", "value", "problem"], ...rejected.flatMap((row) => row.problems.map((p) => [row.line, row.reference, p.column, p.value, why(p)]))];
  const more = rows.length > ROWS ? [make("p", say("more_rows", { count: number(rows.length - ROWS) }))] : [];
  return [box, ...more, csvLink("save_rejected", "rejected-rows.csv", all)];
}

export function showListings() {
  const base = state.overview.listings;
  put($("listings"), base ? say("units", { count: number(base.count) }) : say("no_base"));
  put($("listings-detail"), base
    ? say("base_detail", { version: base.version.slice(0, 8), when: at(base.made_at), source: base.source }) : say("no_base_help"));
}

export function nameFile() {
  put($("file-name"), $("file").files[0]?.name ?? say("choose"));
}

function report(done) {
  const counts = {};
  for (const kind of ["taken", "changed", "unchanged", "removed", "rejected"]) counts[kind] = number(done[kind].length);
  const parts = [make("p", say("import_report", counts))];
  if (done.rejected.length) parts.push(make("p", say("rejected_are")), ...rejectedTable(done.rejected));
  if (done.kept.length) {
    const some = done.kept.slice(0, ROWS).join(", ");
    parts.push(make("p", say("kept", { refs: done.kept.length > ROWS ? `${some} …` : some })));
  }
  if (done.unused_columns.length) parts.push(make("p", say("unused_columns", { columns: done.unused_columns.join(", ") })));
  return parts;
}

export function showReport() {
  if (refused) {
    $("report").className = "report bad";
    $("report").replaceChildren(make("p", refused.sentence?.() ?? refused.message));
  } else if (result) {
    $("report").className = result.rejected.length ? "report warn" : "report";
    $("report").replaceChildren(...report(result));
  }
}

async function upload(event) {
  event.preventDefault();
  const [file] = $("file").files;
  const box = $("report");
  const go = $("import");
  if (!file || go.disabled) return;
  go.disabled = true;
  box.hidden = false;
  result = refused = null;
  box.className = "report";
  box.replaceChildren(make("p", say("importing", { file: file.name })));
  try {
    const mode = $("upload").elements.mode.value;
    const query = `file=${encodeURIComponent(file.name)}&mode=${mode}&allow_removals=${$("allow-removals").checked}`;
    const done = await call(`api/listings?${query}`, { method: "POST", headers: OURS, body: file });
    result = done;
    showReport();
    $("upload").reset();
    changeMode();
    nameFile();
  } catch (error) {
    refused = error;
    showReport();
  }
  go.disabled = false;
  state.refresh();
}

/** A file of changes withdraws only what it names, so there is nothing to allow. */
function changeMode() {
  const changes = $("upload").elements.mode.value === "changes";
  $("allow-removals").disabled = changes;
  if (changes) $("allow-removals").checked = false;
}

/** Called once, when the page is there. */
export function startListings() {
  $("file").addEventListener("change", nameFile);
  $("upload").addEventListener("change", changeMode);
  $("upload").addEventListener("submit", upload);
}
