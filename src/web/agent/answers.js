// Why the box answered as it did: the latest automatic answers, and one that is open. What a client said is not there;
// what was understood is.

import { byId, el } from "/shared/dom.js";
import { moment } from "/shared/phrases.js";
import { call } from "/agent/server.js";

const EVERY_MS = 20_000;

/** The automatic answers of the branch. */
export class Answers {
  #phrases;
  #onSignedOut;
  /** Newest first. */
  #list = [];
  /** Whether there may be earlier ones. */
  #more = false;
  #open = null;
  #timer = null;
  #drawn = "";

  constructor(phrases, onSignedOut) {
    this.#phrases = phrases;
    this.#onSignedOut = onSignedOut;
    byId("answer-back").addEventListener("click", () => this.close());
    byId("more-answers").addEventListener("click", () => this.#page());
  }

  async refresh() {
    clearTimeout(this.#timer);
    await this.#ask(async () => {
      const page = await call("GET", "/answers");
      const known = new Set(this.#list.map((a) => a.id));
      const fresh = page.answers.filter((a) => !known.has(a.id));
      // All of them new: the first time, or more came than a page holds.
      if (fresh.length === page.answers.length) [this.#list, this.#more] = [fresh, page.more];
      else this.#list.unshift(...fresh);
    });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), EVERY_MS);
  }

  async #page() {
    const last = this.#list.at(-1);
    if (!last) return;
    await this.#ask(async () => {
      const page = await call("GET", `/answers?before=${encodeURIComponent(last.id)}`);
      this.#list.push(...page.answers);
      this.#more = page.more;
    });
  }

  async #show(id) {
    await this.#ask(async () => { this.#open = await call("GET", `/answers/${encodeURIComponent(id)}`); });
    scrollTo(0, 0);
  }

  async #ask(work) {
    try {
      await work();
    } catch (refusal) {
      if (refusal.code === "signed-out") return this.#onSignedOut();
    }
    this.draw();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#list = [];
    this.close();
  }

  close() {
    this.#open = null;
    this.draw();
  }

  draw() {
    const list = this.#list;
    byId("no-answers").hidden = list.length > 0;
    byId("more-answers").hidden = !this.#more;
    byId("answer").hidden = !this.#open;
    const now = JSON.stringify([list.map((a) => a.id), this.#phrases.language]);
    if (now !== this.#drawn) byId("answers").replaceChildren(...list.map((a) => this.#item(a)));
    this.#drawn = now;
    if (this.#open) this.#drawOpen(this.#open);
  }

  #item(answer) {
    const attributes = { type: "button", "data-id": answer.id, "data-kind": answer.kind, on: { click: () => this.#show(answer.id) } };
    const why = [this.#matched(answer.matched), this.#trigger(answer.trigger)].filter(Boolean).join(" · ");
    return el("li", {}, el("button", attributes,
      el("span", { class: "when" }, moment(answer.at, this.#phrases.tag)),
      el("span", {}, this.#state(answer)),
      el("span", { class: "state" },
        el("span", {}, this.#words(answer.kind, answer.words, answer.rule)),
        why && el("span", { class: "soft" }, why),
        el("span", { class: "soft" }, this.#base(answer)))));
  }

  #drawOpen(answer) {
    const say = (key) => this.#phrases.say(key);
    const { words, query, matched, trigger, phrasebook_version } = answer.understood;
    byId("answer-title").textContent = moment(answer.at, this.#phrases.tag);
    byId("answer-state").textContent = this.#state(answer);
    const facts = [
      ["answer.words", this.#words(answer.kind, words, query.rule)],
      ["answer.matched", this.#matched(matched) || say("answer.nothing")],
      ["answer.trigger", this.#trigger(trigger) || say("answer.nothing")],
      ["answer.refs", answer.refs.join(", ") || say("answer.nothing")],
      ["answer.base", answer.base_version],
      ["answer.phrasebook", phrasebook_version || say("answer.nothing")],
    ];
    byId("answer-facts").replaceChildren(...facts.flatMap(([key, text]) => [el("dt", {}, say(key)), el("dd", { "data-part": key.slice(7) }, text)]));
    byId("answer-query").textContent = JSON.stringify(query, null, 2);
  }

  /** The query in words; a rule by its name in the page's language. */
  #words(kind, words, rule) {
    const key = `rule.${rule}`;
    if (rule && this.#phrases.has(key)) return this.#phrases.say(key);
    return words || this.#phrases.say(kind === "not_found" ? "answer.unnamed" : "answer.all");
  }

  #state(answer) {
    const say = (key) => this.#phrases.say(key);
    const kiosk = answer.channel === "kiosk" ? null : say("answer.api");
    return [say(`kind.${answer.kind}`), say(`language.${answer.language}`), kiosk].filter(Boolean).join(" · ");
  }

  #base(answer) {
    return this.#phrases.say("answer.base.short", { version: answer.base_version.slice(0, 8) });
  }

  /** The places that were recognised, by the base's names, and how. */
  #matched(matched) {
    const name = (m) => (this.#phrases.language !== "en" && m.place_zh) || m.place;
    return (matched ?? []).map((m) => this.#phrases.say(`matched.${m.how}`, { place: name(m) })).join(", ");
  }

  #trigger(trigger) {
    return trigger ? this.#phrases.say(`trigger.${trigger.how}`, { script: trigger.script, trigger: trigger.trigger }) : "";
  }
}
