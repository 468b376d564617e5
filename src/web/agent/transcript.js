// The transcript of an opened meeting, line by line; a line that is touched is played from its beginning.

import { byId, el, keep } from "/shared/dom.js";
import { moment } from "/shared/phrases.js";
import { clock } from "/agent/recorder.js";

const TAGS = { yue: "zh-HK", cmn: "zh-CN", en: "en" };

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

/** The tag of the language that a segment was spoken in. */
export const spokenIn = (segment) => (segment.kind === "speech" ? TAGS[segment.language] : null);

/** A line of the transcript; where there is sound of it its time is the button that plays it. */
export function segmentLine(segment, n, phrases, playable = false) {
  const text = { no_speech: phrases.say("segment.no_speech"), failed: phrases.say("segment.failed", { why: segment.text }) }[segment.kind];
  return el("li", { "data-n": n, "data-kind": segment.kind, lang: spokenIn(segment) },
    place(segment.start_ms, phrases, playable && segment.kind === "speech"), el("span", {}, segment.kind === "speech" ? written(segment, phrases) : text));
}

function place(ms, phrases, playable) {
  const at = clock(ms);
  if (!playable) return el("time", {}, at);
  return el("button", { type: "button", class: "at", "data-deed": "line", "aria-label": phrases.say("play.from", { at }) }, at);
}

/** The transcript. `play(n, seconds)` is called when a line is touched. */
export class Transcript {
  #phrases;
  #meeting = null;
  #lit = [];

  constructor(phrases, play) {
    this.#phrases = phrases;
    byId("segments").addEventListener("click", (event) => {
      const line = event.target.closest("li[data-n]");
      // Marking words, and looking at what was heard, is not asking for the sound.
      if (!line?.querySelector(".at") || event.target.closest(".put-right") || !getSelection().isCollapsed) return;
      const n = Number(line.dataset.n);
      this.light([n], false);
      play(n, this.#meeting.segments[n].start_ms / 1000);
    });
  }

  /** Draws it; stretches without speech, those that failed, gaps, pauses and markers keep their place. */
  draw(meeting, playable) {
    this.#meeting = meeting;
    const language = this.#phrases.language;
    const entry = (at, key, what, make) => ({ at, key, sign: JSON.stringify([what, language, playable]), make });
    const said = meeting.segments.map((segment, n) => entry(segment.start_ms, `s${n}`, segment, () => segmentLine(segment, n, this.#phrases, playable)));
    const gaps = (meeting.gaps ?? []).map((gap, n) => entry(gap.at * 1000, `g${n}`, gap, () => this.#gap(gap)));
    const markers = (meeting.markers ?? []).map((marker, n) => entry(marker.at * 1000, `m${n}`, marker, () => this.#note("marker", marker.at, this.#phrases.say("marker"))));
    // What happened stands before what was said from then on.
    keep(byId("segments"), [...gaps, ...markers, ...said].sort((a, b) => a.at - b.at));
    this.light(this.#lit, false);
  }

  #gap(gap) {
    const length = gap.seconds === null ? "…" : clock(gap.seconds * 1000);
    return this.#note(`gap`, gap.at, this.#phrases.say(`gap.${gap.kind}`, { length, since: moment(gap.began_at, this.#phrases.tag) }));
  }

  #note(kind, at, text) {
    return el("li", { "data-kind": kind }, el("time", {}, clock(at * 1000)), el("span", {}, text));
  }

  /** The lines that are lit. */
  get lit() {
    return this.#lit;
  }

  /** Lights the lines that bear something out, and brings the first into view. */
  light(segments, show = true) {
    this.#lit = segments;
    for (const line of byId("segments").children) line.classList.toggle("borne", line.dataset.n !== undefined && segments.includes(Number(line.dataset.n)));
    if (show) bring(byId("segments").querySelector(".borne"));
  }

  /** Marks the line that is heard at a second; null for none. */
  heard(seconds) {
    const n = seconds === null ? -1 : this.#meeting?.segments.findIndex((s) => s.start_ms <= seconds * 1000 && seconds * 1000 < s.end_ms) ?? -1;
    const before = byId("segments").querySelector("[aria-current]");
    if (before?.dataset.n === String(n)) return;
    before?.removeAttribute("aria-current");
    const now = byId("segments").querySelector(`[data-n="${n}"]`);
    now?.setAttribute("aria-current", "true");
    bring(now);
  }
}

/** Scrolls the transcript's own pane, where it has one, and never the page. */
function bring(line) {
  const pane = byId("segments");
  if (!line || pane.scrollHeight <= pane.clientHeight + 1) return;
  const [outer, inner] = [pane.getBoundingClientRect(), line.getBoundingClientRect()];
  if (inner.top >= outer.top && inner.bottom <= outer.bottom) return;
  pane.scrollTo({ top: pane.scrollTop + inner.top - outer.top - pane.clientHeight / 3, behavior: "smooth" });
}
