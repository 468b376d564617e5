// The list of meetings and the one that is open. Both are fetched again when something happened, and every few
// seconds while work on a meeting is going on.

import { byId, el } from "/shared/dom.js";
import { moment } from "/shared/phrases.js";
import { call } from "/agent/server.js";
import { clock, problemWords } from "/agent/recorder.js";
import { Minutes } from "/agent/minutes.js";
import { Player } from "/agent/player.js";
import { Transcript } from "/agent/transcript.js";

const BUSY_MS = 2_000;
const QUIET_MS = 20_000;
const AT_WORK = ["queued", "running"];

/** While it is recorded its sound is not whole, and is not served. */
const hasSound = (meeting) => meeting.state !== "recording" && meeting.seconds > 0;

/** The meetings of the branch. */
export class Meetings {
  #phrases;
  #onSignedOut;
  #list = [];
  #open = null;
  #progress = null;
  #timer = null;
  /** The open meeting as it was drawn last. */
  #drawn = "";
  #listed = "";
  #player;
  #transcript;
  #minutes;

  constructor(phrases, explain, onSignedOut) {
    this.#phrases = phrases;
    this.#onSignedOut = onSignedOut;
    this.#player = new Player(phrases, (seconds) => this.#transcript.heard(seconds), () => this.#minutes?.turned());
    this.#transcript = new Transcript(phrases, (n, seconds) => this.#player.toggle(`line ${n}`, seconds));
    this.#minutes = new Minutes(phrases, explain, this.#player, {
      onChange: () => this.refresh(),
      light: (segments) => this.#transcript.light(segments),
      lit: () => this.#transcript.lit,
      signedOut: onSignedOut,
    });
    byId("back").addEventListener("click", () => this.close());
  }

  /** How far a transcript is, or null. */
  heard(progress) {
    const ended = this.#progress && progress?.recording_id !== this.#progress.recording_id;
    this.#progress = progress;
    this.draw();
    if (ended) this.refresh();
  }

  async refresh() {
    clearTimeout(this.#timer);
    try {
      this.#list = await call("GET", "/recordings");
      const id = this.#open?.id;
      const opened = id && await call("GET", `/recordings/${encodeURIComponent(id)}`);
      // It may have been closed, or another opened, meanwhile.
      if (opened && this.#open?.id === id) this.#open = opened;
    } catch (refusal) {
      if (refusal.code === "signed-out") return this.#onSignedOut();
    }
    this.draw();
    if (this.#open?.segments) await this.#minutes.of(this.#open);
    const busy = this.#list.some((m) => AT_WORK.includes(m.transcript?.state) || AT_WORK.includes(m.minutes?.state));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), busy ? BUSY_MS : QUIET_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#list = [];
    this.close();
  }

  async open(id) {
    this.#open = { id };
    this.#drawn = "";
    await this.refresh();
    scrollTo(0, 0);
    byId("back").focus({ preventScroll: true });
  }

  close() {
    this.#open = null;
    this.#player.of(null);
    this.#minutes.of(null);
    this.#transcript.light([]);
    this.draw();
  }

  draw() {
    byId("no-meetings").hidden = this.#list.length > 0;
    const loaded = this.#open?.segments;
    byId("meetings-section").hidden = Boolean(loaded);
    byId("meeting").hidden = !loaded;
    // Only what changed is built again: a finger may be on it.
    const now = JSON.stringify([this.#list, this.#phrases.language, this.#progress?.recording_id]);
    if (now !== this.#listed) byId("meetings").replaceChildren(...this.#list.map((m) => this.#item(m)));
    this.#listed = now;
    if (loaded) this.#drawOpen(this.#open);
    for (const bar of document.querySelectorAll("progress[data-of]")) this.#move(bar);
  }

  /** How far the bar of the transcript in progress is. */
  #move(bar) {
    if (bar.dataset.of !== this.#progress?.recording_id) return bar.removeAttribute("value");
    bar.value = Math.min(1, this.#progress.done_ms / Math.max(1, this.#progress.total_ms));
  }

  #item(meeting) {
    return el("li", {}, el("button", { type: "button", "data-id": meeting.id, "data-state": meeting.state, "data-transcript": meeting.transcript?.state, "data-minutes": meeting.minutes?.state, on: { click: () => this.open(meeting.id) } },
      el("span", { class: "when" }, moment(meeting.started_at, this.#phrases.tag)),
      el("span", {}, [meeting.agent, this.#origin(meeting)].filter(Boolean).join(" · ")),
      this.#state(meeting)));
  }

  #drawOpen(meeting) {
    byId("meeting").dataset.state = meeting.state;
    byId("meeting-title").textContent = moment(meeting.started_at, this.#phrases.tag);
    const problem = meeting.state === "finished" && meeting.problem ? problemWords(meeting.problem, this.#phrases) : null;
    byId("meeting-state").textContent = [meeting.agent, this.#origin(meeting), this.#kept(meeting), problem].filter(Boolean).join(" · ");
    byId("transcript-state").replaceChildren(...this.#work(meeting));
    this.#drawSound(meeting);
    const sound = hasSound(meeting);
    this.#player.of(sound ? meeting.id : null);
    this.#player.draw();
    const now = JSON.stringify([meeting, this.#phrases.language]);
    if (now !== this.#drawn) this.#transcript.draw(meeting, sound);
    this.#drawn = now;
    this.#minutes.draw();
  }

  /** The sound as a file, once it is all there. */
  #drawSound(meeting) {
    const there = hasSound(meeting);
    const name = `meeting-${meeting.started_at.slice(0, 16).replaceAll(":", "").replace("T", "-")}`;
    const now = JSON.stringify([there, meeting.id, this.#phrases.language]);
    const place = byId("meeting-sound");
    if (place.dataset.drawn === now) return;
    place.dataset.drawn = now;
    place.replaceChildren(...(there ? ["wav", "flac"] : []).map((format) => el("a", {
      href: `/agent/api/recordings/${encodeURIComponent(meeting.id)}/audio?format=${format}`, download: `${name}.${format}`, "data-format": format,
    }, this.#phrases.say(`sound.${format}`))));
  }

  #origin(meeting) {
    return meeting.origin === "upload" ? this.#phrases.say("origin.upload") : null;
  }

  /** Whether a recording is whole, in words. */
  #kept(meeting) {
    const say = (key, values) => this.#phrases.say(key, values);
    if (meeting.state === "recording") return say("state.recording");
    if (meeting.state === "broken_off") return say("state.broken_off", { at: clock((meeting.broken_off_at ?? 0) * 1000) });
    return say("state.finished", { length: clock(meeting.seconds * 1000) });
  }

  /** Where the transcript stands: a bar while it is made, a sentence otherwise; nothing once it is there. */
  #work(meeting) {
    const say = (key, values) => this.#phrases.say(key, values);
    const job = meeting.transcript;
    // While it records the text stands beside the button; here only what hinders it.
    if (!job || job.state === "done" || (meeting.state === "recording" && !["waiting", "failed"].includes(job.state))) return [];
    const progress = this.#progress?.recording_id === meeting.id ? this.#progress : null;
    if (job.state === "running" || progress) {
      const bar = el("progress", { max: "1", "data-of": meeting.id, "aria-label": say("transcript.running") });
      return [el("span", {}, say("transcript.running")), bar];
    }
    const tone = { waiting: "tone-wait", failed: "tone-bad" }[job.state] ?? "soft";
    return [el("span", { class: tone }, say(`transcript.${job.state}`)), job.state === "failed" && job.detail && el("small", { class: "soft" }, job.detail)].filter(Boolean);
  }

  #state(meeting) {
    const tone = meeting.state === "broken_off";
    const made = meeting.points === undefined && meeting.minutes?.state === "done" ? this.#phrases.say("minutes.ready") : null;
    return el("span", { class: "state" },
      el("span", { class: tone && "tone-bad" }, this.#kept(meeting)),
      meeting.state === "finished" && meeting.problem && el("span", { class: "tone-bad" }, problemWords(meeting.problem, this.#phrases)),
      ...this.#work(meeting),
      made && el("span", { class: "soft" }, made));
  }
}
