// The text of the meeting that runs, as it comes, and beside it the points as far as heard: the latest lines, and the
// rest a scroll away.

import { byId, el, keep } from "/shared/dom.js";
import { call } from "/agent/server.js";
import { clock } from "/agent/recorder.js";
import { about, standing } from "/agent/points.js";
import { segmentLine } from "/agent/transcript.js";

/** Follows the transcript and the points of the recording that runs. */
export class LiveText {
  #phrases;
  #recording = null;
  #segments = [];
  /** Asserted and offered points, in order of time. */
  #points = [];
  /** The language that the points are in. */
  #language = null;
  /** The latest word on how far the transcript is. */
  #progress = null;
  #upTo = 0;
  #busy = false;
  #again = false;

  constructor(phrases) {
    this.#phrases = phrases;
  }

  /** What is being recorded, or null; another meeting begins with an empty list. */
  recording(id) {
    if (id === this.#recording) return;
    this.#recording = id;
    this.#segments = [];
    this.#points = [];
    this.#upTo = 0;
    this.draw();
    this.heard(this.#progress);
  }

  /** How far a transcript is. */
  async heard(progress) {
    this.#progress = progress;
    if (!progress || progress.recording_id !== this.#recording) return;
    if (progress.done_ms === this.#upTo) return this.draw();
    if (this.#busy) return void (this.#again = true);
    this.#busy = true;
    const id = this.#recording;
    try {
      do {
        this.#again = false;
        const added = await call("GET", `/recordings/${encodeURIComponent(id)}/segments?from=${this.#segments.length}`);
        if (id !== this.#recording) break;
        this.#segments.push(...added);
        this.#upTo = progress.done_ms;
        this.draw();
        await this.#hear();
      } while (this.#again);
    } catch {
      // The next progress asks again; that the agent is signed out is told elsewhere.
    }
    this.#busy = false;
  }

  /** Asks for the points as far as heard, in the page's language. */
  async #hear() {
    const [id, language] = [this.#recording, this.#phrases.language];
    this.#language = language;
    const minutes = await call("GET", `/recordings/${encodeURIComponent(id)}/minutes?language=${language}`);
    if (id !== this.#recording || language !== this.#phrases.language) return;
    this.#points = [...minutes.points, ...minutes.offered].sort((a, b) => a.at - b.at);
    this.draw();
  }

  draw() {
    const list = byId("caption");
    const followed = this.#recording !== null && this.#progress?.recording_id === this.#recording;
    const said = this.#segments.map((segment, n) => ({ segment, n })).filter(({ segment }) => segment.kind !== "no_speech");
    const language = this.#phrases.language;
    show(list, said.map(({ segment, n }) => ({ key: n, sign: JSON.stringify([segment, language]), make: () => segmentLine(segment, n, this.#phrases) })));
    show(byId("live-points"), this.#points.map((point) => ({ key: point.id, sign: JSON.stringify(point), make: () => this.#point(point) })));
    if (this.#points.length > 0 && this.#language !== language) this.#hear().catch(() => {});
    byId("caption-state").hidden = !followed;
    if (!followed) return;
    byId("caption-state").textContent = said.length === 0 ? this.#phrases.say("caption.none") : this.#phrases.say("caption.up_to", { at: clock(this.#segments.at(-1).end_ms) });
  }

  /** A point as it was heard; touching it shows the lines that bear it out. */
  #point(point) {
    return el("li", { class: "point", "data-id": point.id, "data-type": point.type, "data-slot": point.slot, "data-confidence": point.confidence },
      el("button", { type: "button", class: "open", on: { click: () => this.#light(point.segments) } },
        el("time", {}, clock(point.at * 1000)),
        el("span", { class: "kind" }, about(point, this.#phrases, true)),
        el("span", { class: "text" }, point.text),
        point.confidence !== "sure" && el("span", { class: "standing" }, standing(point, this.#phrases))));
  }

  #light(segments) {
    const list = byId("caption");
    for (const line of list.children) line.classList.toggle("borne", segments.includes(Number(line.dataset.n)));
    const first = list.querySelector(".borne");
    if (first) list.scrollTo({ top: first.offsetTop - list.offsetTop, behavior: "smooth" });
  }
}

/** Shows a list that grows at its end, and stays there unless somebody has scrolled back. */
function show(list, entries) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  keep(list, entries.map((entry) => ({ ...entry, key: String(entry.key) })));
  list.hidden = entries.length === 0;
  if (atEnd) list.scrollTop = list.scrollHeight;
}
