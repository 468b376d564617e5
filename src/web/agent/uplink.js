// What head office has of this branch: what waits and since when, its receipts by day, and which personal data goes there.

import { byId, el } from "/shared/dom.js";
import { day, moment } from "/shared/phrases.js";
import { number } from "/shared/wording.js";
import { call } from "/agent/server.js";

const EVERY_MS = 5_000;

/** The dialog behind the line at the foot of the page. */
export class Uplink {
  #phrases;
  /** What is wrong with the line, by code. */
  #reasons;
  #onSignedOut;
  #known = null;
  #timer = null;

  constructor(phrases, reasons, onSignedOut) {
    this.#phrases = phrases;
    this.#reasons = reasons;
    this.#onSignedOut = onSignedOut;
    byId("sync").addEventListener("click", () => this.#open());
    byId("uplink-close").addEventListener("click", () => byId("uplink").close());
    byId("uplink").addEventListener("close", () => clearTimeout(this.#timer));
  }

  async #open() {
    await this.#look();
    if (this.#known) byId("uplink").showModal();
  }

  async #look() {
    clearTimeout(this.#timer);
    try {
      this.#known = await call("GET", "/headoffice");
    } catch (refusal) {
      if (refusal.code === "signed-out") return this.#onSignedOut();
    }
    this.draw();
    this.#timer = setTimeout(() => byId("uplink").open && this.#look(), EVERY_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#known = null;
    byId("uplink").close();
  }

  draw() {
    if (!this.#known) return;
    const { status, waiting, receipts, sound, policy } = this.#known;
    const say = (key, values) => this.#phrases.say(key, values);
    const when = (text) => moment(text, this.#phrases.tag);
    byId("uplink-line").textContent = this.#line(status);
    const problem = status.why ? this.#reasons.in(this.#phrases.language, status.why.code, status.why.args) : status.problem;
    byId("uplink-problem").textContent = problem ? say("uplink.problem", { problem }) : "";
    byId("uplink-problem").hidden = !status.problem;
    byId("uplink-nothing").hidden = status.waiting.count > 0;
    byId("uplink-since").hidden = status.waiting.count === 0;
    byId("uplink-since").textContent = status.waiting.since
      ? say("uplink.since", { n: number(status.waiting.count), since: when(status.waiting.since) }) : "";
    byId("uplink-kinds").replaceChildren(...Object.entries(waiting).flatMap(([kind, n]) =>
      [el("dt", {}, this.#kind(kind)), el("dd", { "data-kind": kind }, number(n))]));
    byId("uplink-none").hidden = receipts.length > 0;
    byId("uplink-days").replaceChildren(...receipts.map((r) => el("li", { "data-last": r.last },
      say("uplink.receipt", { day: day(r.day, this.#phrases.tag), n: number(r.last - r.first + 1), first: number(r.first), last: number(r.last), at: when(r.at) }))));
    const goes = [policy.agents ? "agents" : "agents.not", policy.minutes ? "minutes" : "minutes.not", `sound.${policy.sound}`];
    byId("uplink-policy").replaceChildren(...["always", ...goes].map((key) =>
      el("li", { "data-policy": key }, say(`uplink.policy.${key}`))));
    byId("uplink-sound").replaceChildren(...sound.map((s) => el("li", { "data-state": this.#state(s) },
      say(`uplink.sound.${this.#state(s)}`, { at: when(s.started_at), mb: number(s.held / 1e6), done: s.done_at ? when(s.done_at) : "", why: s.refused ?? "" }))));
  }

  #line(status) {
    if (!status.branch) return this.#phrases.say("sync.alone");
    const since = status.last_contact ? moment(status.last_contact, this.#phrases.tag) : this.#phrases.say("sync.never");
    return this.#phrases.say(status.connected ? "uplink.connected" : "uplink.down", { branch: status.branch.name, url: status.url, since });
  }

  #kind(kind) {
    const key = `uplink.kind.${kind}`;
    return this.#phrases.has(key) ? this.#phrases.say(key) : kind;
  }

  #state(sound) {
    if (sound.refused) return "refused";
    return sound.done_at ? "done" : "going";
  }
}
