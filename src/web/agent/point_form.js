// The dialog in which an agent corrects a point, or adds one that the box did not find. Its fields fit the slot; what
// there is to choose from comes from the box, in the page's language. A point is added to lines of the transcript.

import { byId, el } from "/shared/dom.js";
import { fieldOf } from "/agent/fields.js";
import { clock } from "/agent/recorder.js";
import { spokenIn } from "/agent/transcript.js";

/** Types that are about something that was said, beside their slot and value. */
const SAID = ["action", "decision"];
/** Types of which a value need not be known: by when, about which unit. */
const OPEN_ENDED = ["action", "decision"];

/** The dialog. `post(verb, body)` sends what was filled in, `ask(language)` fetches the vocabulary; both may throw. */
export class PointForm {
  #phrases;
  #explain;
  #post;
  /** Fetches the vocabulary in a language. */
  #ask;
  /** By language. */
  #vocabularies = {};
  #types = [];
  /** What is corrected; null while one is added. */
  #point = null;
  #segments = [];
  #field = null;

  constructor(phrases, explain, post, ask) {
    this.#phrases = phrases;
    this.#explain = explain;
    this.#post = post;
    this.#ask = ask;
    byId("point-type").addEventListener("change", () => this.#drawSlots());
    byId("point-slot").addEventListener("change", () => this.#drawField());
    byId("point-filter").addEventListener("input", () => this.#filter());
    byId("point-lines").addEventListener("change", () => this.#check());
    byId("point-cancel").addEventListener("click", () => this.close());
    byId("point-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  /** Opens it on a point. */
  correct(point, segments) {
    this.#show(point, segments, []);
  }

  /** Opens it for a new point; `chosen` lines are ticked. */
  add(segments, chosen) {
    this.#show(null, segments, chosen);
  }

  /** What is corrected, in the minutes' words and in those that were said. */
  #quoted(point) {
    const lines = point.segments.map((n) => this.#segments[n]).filter(Boolean);
    return [el("b", {}, point.text), ...lines.flatMap((s) => [el("br"), `${clock(s.start_ms)} `, el("span", { lang: spokenIn(s) }, s.text)])];
  }

  close() {
    byId("point-dialog").close();
  }

  async #show(point, segments, chosen) {
    [this.#point, this.#segments] = [point, segments];
    byId("point-form").reset();
    byId("point-problem").hidden = true;
    byId("point-type-field").hidden = byId("point-lines-field").hidden = Boolean(point);
    byId("point-was").replaceChildren(...(point ? this.#quoted(point) : []));
    this.#drawLines(point ? [] : segments, chosen);
    byId("point-dialog").showModal();
    byId("point-lines").querySelector(":checked")?.scrollIntoView({ block: "center" });
    byId("point-title").textContent = this.#phrases.say(point ? "form.correct" : "form.add");
    const language = this.#phrases.language;
    try {
      this.#vocabularies[language] ??= await this.#ask(language);
    } catch (refusal) {
      return this.#refused(refusal);
    }
    this.#types = this.#vocabularies[language].types;
    options(byId("point-type"), this.#types.map((t) => [t.type, t.label]), this.#point?.type);
    this.#drawSlots();
  }

  get #type() {
    return this.#types.find((t) => t.type === byId("point-type").value);
  }

  get #slot() {
    return this.#type?.slots[Number(byId("point-slot").value)];
  }

  #drawSlots() {
    const slots = this.#type?.slots ?? [];
    const now = slots.findIndex((s) => s.slot === (this.#point?.slot ?? null));
    options(byId("point-slot"), slots.map((s, n) => [n, s.label]), Math.max(0, now));
    byId("point-slot-field").hidden = slots.length < 2;
    byId("point-polarity").hidden = this.#type?.type !== "preference";
    byId(this.#point?.polarity === "avoid" ? "point-avoid" : "point-want").checked = true;
    this.#drawField();
  }

  #drawField() {
    const slot = this.#slot;
    if (!slot) return;
    const about = SAID.includes(this.#type.type);
    byId("point-said-field").hidden = !about;
    byId("point-said").required = about && !this.#point;
    // What a decision is about is its text; it has one field, not two.
    const twice = about && slot.kind === "text";
    if (about) byId("point-said").value ||= typeof this.#point?.value === "string" && twice ? this.#point.value : "";
    const value = slot.slot === (this.#point?.slot ?? null) ? this.#point?.value : null;
    this.#field = twice ? null : fieldOf(slot, value, !OPEN_ENDED.includes(this.#type.type), this.#phrases);
    byId("point-field").replaceChildren(this.#field?.element ?? "");
  }

  /** The lines that can bear a new point out. */
  #drawLines(segments, chosen) {
    const said = segments.map((segment, n) => ({ segment, n })).filter(({ segment }) => segment.kind === "speech");
    byId("point-lines").replaceChildren(...said.map(({ segment, n }) => el("li", { "data-n": n }, el("label", {},
      el("input", { type: "checkbox", value: n, checked: chosen.includes(n) }),
      el("time", {}, clock(segment.start_ms)), el("span", { lang: spokenIn(segment) }, segment.text)))));
    byId("point-filter").hidden = said.length < 8;
    this.#check();
  }

  #filter() {
    const wanted = byId("point-filter").value.trim().toLowerCase();
    for (const line of byId("point-lines").children) {
      line.hidden = !line.textContent.toLowerCase().includes(wanted) && !line.querySelector("input").checked;
    }
  }

  get #ticked() {
    return Array.from(byId("point-lines").querySelectorAll(":checked"), (box) => Number(box.value));
  }

  /** Nothing is noted that nobody said: without a line there is nothing to save. */
  #check() {
    byId("point-save").disabled = !this.#point && this.#ticked.length === 0;
    byId("point-lines-hint").hidden = !byId("point-save").disabled;
  }

  async #send() {
    const { type } = this.#type;
    const said = byId("point-said").value.trim();
    const body = {
      slot: this.#slot.slot,
      value: this.#field?.read(),
      polarity: type === "preference" ? byId("point-form").elements.polarity.value : undefined,
      said: SAID.includes(type) && said ? said : undefined,
    };
    byId("point-save").disabled = true;
    try {
      if (this.#point) await this.#post("review", { point: this.#point.id, verdict: "correct", ...body });
      else await this.#post("add", { type, segments: this.#ticked, ...body });
      this.close();
    } catch (refusal) {
      this.#refused(refusal);
    }
    this.#check();
  }

  #refused(refusal) {
    byId("point-problem").textContent = this.#explain(refusal);
    byId("point-problem").hidden = false;
  }
}

function options(select, pairs, value) {
  select.replaceChildren(...pairs.map(([key, label]) => el("option", { value: key }, label)));
  if (value !== undefined) select.value = String(value);
}
