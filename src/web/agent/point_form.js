// The dialog in which an agent corrects a point, or adds one that the box did not find. Its fields fit the slot; what
// there is to choose from comes from the box, in the page's language. A point is added to lines of the transcript.

import { byId, el } from "/shared/dom.js";
import { fieldOf } from "/agent/fields.js";
import { clock } from "/agent/recorder.js";
import { spokenIn } from "/agent/transcript.js";

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
    byId("point-said").value = point ? this.#about(point) : "";
    byId(point?.polarity === "avoid" ? "point-avoid" : "point-want").checked = true;
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
    const now = slots.findIndex((s) => s.slot === this.#point?.slot);
    options(byId("point-slot"), slots.map((s, n) => [n, s.label]), Math.max(0, now));
    byId("point-slot-field").hidden = slots.length < 2;
    byId("point-slot-label").textContent = this.#phrases.say(this.#type?.type === "action" ? "form.who" : "form.slot");
    byId("point-said-field").hidden = !this.#type?.said;
    byId("point-said").required = Boolean(this.#type?.said) && !this.#point;
    this.#drawField();
  }

  #drawField() {
    const slot = this.#slot;
    if (!slot) return;
    const value = this.#point && (slot.slot ?? null) === (this.#point.slot ?? null) ? this.#point.value : null;
    // What a decision is about is its value: it has one field, not two.
    this.#field = this.#type.said && slot.kind === "text" ? null : fieldOf(slot, value, !slot.optional, this.#phrases);
    byId("point-field").replaceChildren(this.#field?.element ?? "");
    byId("point-polarity").hidden = slot.polarities.length < 2;
  }

  /** What a point is about, in the words that were said. */
  #about(point) {
    return point.act?.said ?? (point.type === "decision" && typeof point.value === "string" ? point.value : "");
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
    const { type, said } = this.#type;
    const { slot, polarities } = this.#slot;
    const body = {
      slot,
      value: this.#field?.read(),
      polarity: polarities.length < 2 ? undefined : byId("point-form").elements.polarity.value,
      said: (said && byId("point-said").value.trim()) || undefined,
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
