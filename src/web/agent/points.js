// One opened meeting: its minutes beside its transcript. A point that is touched shows the words that bear it out.

import { byId, el } from "/shared/dom.js";
import { moment } from "/shared/phrases.js";
import { clock } from "/agent/recorder.js";

/** Draws the points; touching one lights its segments and brings the first into view. */
export function drawPoints(meeting, phrases) {
  const points = meeting.points?.points ?? [];
  byId("summary").textContent = meeting.points?.summary ?? "";
  byId("points").replaceChildren(...points.map((point) => {
    const quote = point.segments.map((n) => meeting.segments[n]?.text).filter(Boolean).join(" … ");
    const kind = [phrases.say(`point.${point.type}`), point.slot && slot(point, phrases), point.polarity === "avoid" && phrases.say("avoid")];
    const button = el("button", { type: "button", "data-type": point.type, "data-slot": point.slot, "aria-pressed": "false" },
      el("span", { class: "kind" }, kind.filter(Boolean).join(" · ")),
      el("span", { class: "text" }, point.text),
      quote && el("q", {}, quote),
      el("time", {}, clock(point.at * 1000)));
    button.addEventListener("click", () => light(button, point.segments));
    return el("li", {}, button);
  }));
}

function slot(point, phrases) {
  const key = `slot.${point.slot}`;
  return phrases.has(key) ? phrases.say(key) : point.slot.replaceAll("_", " ");
}

function light(button, segments) {
  for (const other of byId("points").querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
  for (const item of byId("segments").children) item.classList.toggle("borne", segments.includes(Number(item.dataset.n)));
  byId("segments").querySelector(".borne")?.scrollIntoView({ block: "center", behavior: "smooth" });
}

/** The text of a segment; a word that was put right says what was heard. Another script is no other word. */
function written(segment, phrases) {
  const characters = Array.from(segment.text);
  const out = [];
  let done = 0;
  for (const change of segment.heard?.changes ?? []) {
    if (change.reason === "script") continue;
    const end = change.at + change.len;
    out.push(characters.slice(done, change.at).join(""));
    out.push(el("span", { class: "put-right", tabindex: "0" }, characters.slice(change.at, end).join(""),
      el("small", { lang: phrases.tag }, ` (${phrases.say("segment.heard", { from: change.from })}) `)));
    done = end;
  }
  out.push(characters.slice(done).join(""));
  return out;
}

const TAGS = { yue: "zh-HK", cmn: "zh-CN", en: "en" };

/** A line of the transcript. */
export function segmentLine(segment, n, phrases) {
  const text = { no_speech: phrases.say("segment.no_speech"), failed: phrases.say("segment.failed", { why: segment.text }) }[segment.kind];
  return el("li", { "data-n": n, "data-kind": segment.kind, lang: segment.kind === "speech" ? TAGS[segment.language] : null },
    el("time", {}, clock(segment.start_ms)), el("span", {}, segment.kind === "speech" ? written(segment, phrases) : text));
}

/** Draws the transcript; stretches without speech, those that failed, gaps, pauses and markers keep their place. */
export function drawSegments(meeting, phrases) {
  const said = meeting.segments.map((segment, n) => ({ at: segment.start_ms, item: segmentLine(segment, n, phrases) }));
  const note = (kind, at, text) => ({ at: at * 1000, item: el("li", { "data-kind": kind }, el("time", {}, clock(at * 1000)), el("span", {}, text)) });
  const gaps = (meeting.gaps ?? []).map((gap) => {
    const length = gap.seconds === null ? "…" : clock(gap.seconds * 1000);
    return note("gap", gap.at, phrases.say(`gap.${gap.kind}`, { length, since: moment(gap.began_at, phrases.tag) }));
  });
  const markers = (meeting.markers ?? []).map((marker) => note("marker", marker.at, phrases.say("marker")));
  // What happened stands before what was said from then on.
  const all = [...gaps, ...markers, ...said].sort((a, b) => a.at - b.at);
  byId("segments").replaceChildren(...all.map((entry) => entry.item));
}
