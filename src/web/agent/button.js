// The record button beside the page: shown where one is configured, and switched on for this agent under the statement
// that everybody is asked before every press.

import { byId } from "/shared/dom.js";
import { call } from "/agent/server.js";

export class ButtonSwitch {
  #phrases;
  #state = null;

  constructor(phrases) {
    this.#phrases = phrases;
    byId("button-switch").addEventListener("click", () => (this.#state?.agent ? this.#turn(false) : this.#statement()));
    byId("button-yes").addEventListener("click", () => this.#turn(true));
    byId("button-no").addEventListener("click", () => byId("button-statement").close());
  }

  async look() {
    this.#state = await call("GET", "/button").catch(() => null);
    this.draw();
  }

  draw() {
    const { configured = false, agent = null } = this.#state ?? {};
    byId("button-holder").hidden = !configured;
    byId("button-state").textContent = this.#phrases.say(agent ? "button.on" : "button.off", { name: agent ?? "" });
    byId("button-switch").textContent = this.#phrases.say(agent ? "button.turn-off" : "button.turn-on");
  }

  /** The statement, with where the sound goes: a press of the button notes spoken agreement. */
  async #statement() {
    const me = await call("GET", "/me").catch(() => null);
    if (!me) return;
    byId("button-sound").hidden = me.sound !== "all";
    byId("button-statement").showModal();
  }

  async #turn(on) {
    byId("button-statement").close();
    this.#state = await call("POST", "/button", { on }).catch(() => this.#state);
    this.draw();
  }
}
