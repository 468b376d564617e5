// The text of the meeting that runs, as it comes: the latest lines, and the rest a scroll away.

import { byId, el } from "/shared/dom.js";
import { call } from "/agent/server.js";
import { clock } from "/agent/recorder.js";
import { segmentLine } from "/agent/points.js";

/** Follows the transcript of the recording that runs. */
export class LiveText {
  #phrases;
  #recording = null;
  #segments = [];
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
      } while (this.#again);
    } catch {
      // The next progress asks again; that the agent is signed out is told elsewhere.
    }
    this.#busy = false;
  }

  draw() {
    const list = byId("caption");
    const followed = this.#recording !== null && this.#progress?.recording_id === this.#recording;
    const said = this.#segments.map((segment, n) => ({ segment, n })).filter(({ segment }) => segment.kind !== "no_speech");
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.replaceChildren(...said.map(({ segment, n }) => segmentLine(segment, n, this.#phrases)));
    list.hidden = said.length === 0;
    byId("caption-state").hidden = !followed;
    if (!followed) return;
    byId("caption-state").textContent = said.length === 0 ? this.#phrases.say("caption.none") : this.#phrases.say("caption.up_to", { at: clock(this.#segments.at(-1).end_ms) });
    if (atEnd) list.scrollTop = list.scrollHeight;
  }
}
