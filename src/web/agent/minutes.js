// The minutes of the opened meeting: points by what they are for, each with its quote and its sound; what an agent
// says of them; and what is made of them (files, matching listings). They are asked for in the page's language.

import { byId, el, keep } from "/shared/dom.js";
import { call } from "/agent/server.js";
import { drawMatches } from "/agent/matches.js";
import { PointForm } from "/agent/point_form.js";
import { pointCard, unfold } from "/agent/points.js";

/** How long the page says what was done. */
const SAID_MS = 8_000;

const isBudget = (point) => point.type === "preference" && point.slot?.startsWith("budget_");
/** The headings, and what goes under each. */
const GROUPS = [
  ["wants", (p) => p.type === "preference" && !isBudget(p)],
  ["budget", (p) => isBudget(p) || p.type === "offer"],
  ["objections", (p) => p.type === "objection"],
  ["decisions", (p) => p.type === "decision"],
  ["todo", (p) => p.type === "action"],
  ["next", (p) => p.type === "appointment"],
];
const FORMATS = ["md", "docx", "ics"];
/** What a calendar takes. */
const DATED = ["action", "appointment"];
/** Lists of points beside the asserted ones. */
const LISTS = ["offered", "replaced", "struck"];

/** The minutes of one meeting. `hooks`: `onChange()` when work on the box began, `light(segments)`, `lit()`, `signedOut()`. */
export class Minutes {
  #phrases;
  #explain;
  #player;
  #hooks;
  #form;
  #meeting = null;
  #minutes = null;
  #language = null;
  /** Goes up with every request: an answer that was overtaken is dropped. */
  #asked = 0;
  #busy = false;
  #problem = null;
  /** Points whose quotes are open, by list and id. */
  #open = new Set();
  /** A finger is down: what it is on stays where it is. */
  #held = false;
  #due = false;
  #timer = null;

  constructor(phrases, explain, player, hooks) {
    this.#phrases = phrases;
    this.#explain = explain;
    this.#player = player;
    this.#hooks = hooks;
    this.#form = new PointForm(phrases, explain, (verb, body) => this.#post(verb, body),
      (language) => call("GET", this.#path(`/vocabulary?language=${language}`)));
    byId("add-point").addEventListener("click", () => this.#form.add(this.#meeting.segments, this.#hooks.lit()));
    byId("redo").addEventListener("click", () => this.#redo());
    byId("minutes-pane").addEventListener("pointerdown", () => { this.#held = true; });
    for (const end of ["pointerup", "pointercancel"]) {
      // The click that belongs to it comes first.
      document.addEventListener(end, () => setTimeout(() => {
        this.#held = false;
        if (this.#due) this.draw();
      }));
    }
  }

  /** The meeting as it is now, or null where none is open; asks for its minutes. */
  async of(meeting) {
    if (meeting?.id !== this.#meeting?.id) this.#forget();
    this.#meeting = meeting;
    if (meeting) await this.#load();
  }

  #forget() {
    this.#minutes = this.#problem = null;
    this.#asked += 1;
    this.#open.clear();
    this.#form.close();
    byId("minutes-said").textContent = "";
  }

  #path(rest = "") {
    return `/recordings/${encodeURIComponent(this.#meeting.id)}/minutes${rest}`;
  }

  async #load() {
    const asked = ++this.#asked;
    const language = this.#phrases.language;
    try {
      const minutes = await call("GET", this.#path(`?language=${language}`));
      if (asked !== this.#asked) return;
      [this.#minutes, this.#language] = [minutes, language];
    } catch (refusal) {
      if (refusal.code === "signed-out") return this.#hooks.signedOut();
    }
    this.draw();
  }

  /** Changes something and takes the minutes that come back; a refusal is thrown. */
  async #post(verb, body) {
    const asked = ++this.#asked;
    const language = this.#phrases.language;
    const minutes = await call("POST", this.#path(`/${verb}?language=${language}`), body);
    if (asked === this.#asked) [this.#minutes, this.#language] = [minutes, language];
    this.#problem = null;
    this.draw();
    if (asked !== this.#asked) await this.#load();
  }

  async #do(deed) {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await deed();
    } catch (refusal) {
      if (refusal.code === "signed-out") this.#hooks.signedOut();
      this.#problem = refusal;
      this.draw();
    }
    this.#busy = false;
  }

  #redo() {
    this.#do(async () => {
      await call("POST", this.#path("/redo"));
      this.#said("redo.said");
      this.#hooks.onChange();
    });
  }

  #touched(deed, point, card, n) {
    const list = card.dataset.list;
    if (deed === "open") {
      const open = unfold(card);
      this.#open[open ? "add" : "delete"](`${list}/${point.id}`);
      this.#hooks.light(open ? point.segments : []);
    } else if (deed === "play") {
      this.#player.toggle(point.id, point.at);
      this.#hooks.light(point.segments);
    } else if (deed === "line") {
      this.#player.toggle(`line ${n}`, this.#meeting.segments[n].start_ms / 1000);
    } else if (deed === "correct") {
      this.#form.correct(point, this.#meeting.segments);
    } else {
      this.#do(async () => {
        await this.#post("review", { point: point.id, verdict: deed });
        this.#said(`said.${deed}`, point.text);
        // Where the card went out of sight, the keyboard goes on from the heading.
        if (document.activeElement === document.body) byId("minutes-title").focus();
      });
    }
  }

  /** Tells, to the eye and to a screen reader, what was done. */
  #said(key, text = "") {
    const line = byId("minutes-said");
    line.textContent = this.#phrases.say(key, { text });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { line.textContent = ""; }, SAID_MS);
  }

  /** Which point plays, on its button. */
  turned() {
    const playing = this.#player.playing;
    for (const button of document.querySelectorAll("[data-play]")) button.setAttribute("aria-pressed", String(button.dataset.play === playing));
  }

  /** Draws what is known; in another language than it was fetched in, it is fetched again. */
  draw() {
    if (!this.#meeting) return;
    this.#due = this.#held;
    if (this.#held) return;
    if (this.#minutes && this.#language !== this.#phrases.language) {
      this.#language = this.#phrases.language;
      byId("minutes-said").textContent = "";
      this.#load();
    }
    const say = (key, values) => this.#phrases.say(key, values);
    const minutes = this.#minutes ?? { points: [], offered: [], struck: [], replaced: [], summary: "", state: null, listings: null };
    // Drawn up once; they stay on the page while they are drawn up again.
    const made = Boolean(minutes.made_at) && minutes.state !== "live";
    byId("summary").textContent = minutes.summary ?? "";
    byId("summary").lang = this.#phrases.tag;
    write("proposed-summary", minutes.proposed_summary ? say("summary.proposed", { text: minutes.proposed_summary }) : "");
    write("minutes-state", this.#stateWords(minutes));
    write("sound-state", minutes.state && !this.#player.there ? say(this.#meeting.state === "recording" ? "sound.later" : "sound.none") : "");
    write("minutes-problem", this.#problem ? this.#explain(this.#problem) : "");
    for (const [group, belongs] of GROUPS) {
      const points = minutes.points.filter(belongs);
      byId(`group-${group}`).hidden = points.length === 0;
      this.#list(byId(`group-${group}`).querySelector("ol"), points, "asserted", false);
    }
    for (const list of LISTS) {
      byId(`${list}-section`).hidden = minutes[list].length === 0;
      byId(`${list}-title`).textContent = say(`${list}.title`, { n: minutes[list].length });
      this.#list(byId(`${list}-points`), minutes[list], list, true);
    }
    byId("minutes-tools").hidden = !made && minutes.state !== "failed";
    byId("redo-row").hidden = this.#meeting.transcript?.state !== "done";
    byId("redo").disabled = minutes.state === "pending";
    byId("add-point").hidden = !this.#minutes || !this.#meeting.segments.some((s) => s.kind === "speech");
    this.#drawExports(made ? FORMATS.filter((format) => format !== "ics" || minutes.points.some((p) => DATED.includes(p.type))) : []);
    drawMatches(minutes.listings, this.#phrases);
    this.turned();
  }

  #list(parent, points, list, typed) {
    const { segments } = this.#meeting;
    const common = { phrases: this.#phrases, segments, list, typed, playable: this.#player.there, on: (...touch) => this.#touched(...touch) };
    keep(parent, points.map((point) => ({
      key: point.id,
      sign: JSON.stringify([point, this.#phrases.language, common.playable, point.segments.map((n) => segments[n])]),
      make: () => pointCard(point, { ...common, open: this.#open.has(`${list}/${point.id}`) }),
    })));
  }

  #stateWords({ state, points, offered }) {
    const transcribed = this.#meeting.transcript?.state === "done";
    if (state === "live") return this.#phrases.say("minutes.live");
    if (state === "pending") return this.#phrases.say(transcribed ? "minutes.drawing" : "minutes.pending");
    if (state === "failed") return this.#phrases.say("minutes.failed");
    return state === "ready" && points.length + offered.length === 0 ? this.#phrases.say("minutes.none") : "";
  }

  #drawExports(formats) {
    keep(byId("exports"), formats.map((format) => ({
      key: format,
      sign: `${this.#meeting.id} ${this.#phrases.language}`,
      make: () => el("a", { href: `/agent/api${this.#path(`/export?format=${format}&language=${this.#phrases.language}`)}`, download: "", "data-format": format }, this.#phrases.say(`export.${format}`)),
    })));
  }
}

/** Writes a line that is hidden when it is empty; a screen reader hears it once. */
function write(id, text) {
  if (byId(id).textContent !== text) byId(id).textContent = text;
  byId(id).hidden = !text;
}
