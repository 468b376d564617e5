// The one large button: asks for consent, records, shows level, time and what is wrong while it does, and stops;
// beside it pause and "important".

import { byId, el } from "/shared/dom.js";
import { LANGUAGES } from "/shared/phrases.js";
import { call } from "/agent/server.js";

/** Quietest level that moves the meter, dB below full scale. */
const FLOOR_DBFS = -60;
const TAGS = { yue: "zh-HK", cmn: "zh-CN", en: "en" };

/** Minutes and seconds, hours where there are any: 62000 ms as 1:02. */
export function clock(ms) {
  const s = Math.floor(ms / 1000);
  const two = (n) => String(n).padStart(2, "0");
  const hours = Math.floor(s / 3600);
  return hours > 0 ? `${hours}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

/** "code: sentence" of the recorder in the page's language; a code without a phrase is said as the box said it. */
export function problemWords(problem, phrases, kind = "problem") {
  const [code, ...sentence] = problem.split(": ");
  const key = `${kind}.${code}`;
  return phrases.has(key) ? phrases.say(key) : sentence.join(": ") || problem;
}

/** Stops; that it has stopped meanwhile is no refusal. */
async function stop() {
  await call("POST", "/recordings/stop").catch((refusal) => {
    if (refusal.code !== "not-recording") throw refusal;
  });
}

/** The button and what is beside it. `onChange` is called when a recording began or ended. */
export class RecordButton {
  #phrases;
  #explain;
  #onChange;
  #status = { state: "idle", elapsed_ms: 0, level_dbfs: -120 };
  #busy = false;
  /** A refusal of the last press, until the next. */
  #problem = null;
  #microphones = null;
  /** Where the last marker was set, in ms, until the recording ends. */
  #marked = null;
  /** What the last test of the microphone found. */
  #tried = null;

  constructor(phrases, explain, onChange) {
    this.#phrases = phrases;
    this.#explain = explain;
    this.#onChange = onChange;
    byId("record").addEventListener("click", () => this.#pressed());
    byId("pause").addEventListener("click", () => this.#do(() => call("POST", this.#status.state === "paused" ? "/recordings/resume" : "/recordings/pause")));
    byId("try").addEventListener("click", () => this.#do(async () => {
      this.#tried = await call("POST", "/microphones/test");
    }));
    byId("mark").addEventListener("click", () => this.#do(async () => {
      this.#marked = (await call("POST", "/recordings/mark")).at * 1000;
    }));
    for (const button of document.querySelectorAll("[data-consent]")) {
      button.addEventListener("click", () => {
        byId("consent").close();
        this.#do(() => call("POST", "/recordings", { consent: button.dataset.consent }));
      });
    }
    byId("consent-no").addEventListener("click", () => byId("consent").close());
  }

  /** Whether a meeting is being recorded, in whatever condition. */
  get #recording() {
    return this.#status.state !== "idle";
  }

  /** What the box says of the recorder, ten times a second. */
  heard(status) {
    const before = this.#status;
    this.#status = status;
    if (before.recording !== status.recording) this.#marked = null;
    this.draw();
    if (before.state !== status.state || before.recording !== status.recording) this.#onChange();
  }

  /** Looks which microphones there are. */
  async look() {
    const found = await call("GET", "/microphones").catch(() => null);
    // While something records the box does not look, and what was found before still holds.
    if (found?.present) this.#microphones = found;
    this.draw();
  }

  draw() {
    const say = (key, values) => this.#phrases.say(key, values);
    const { state, elapsed_ms: elapsed, level_dbfs: level, problem, warnings = [] } = this.#status;
    byId("recorder").dataset.state = state;
    // While the last seconds are taken the stop has not been answered yet, and a second press ends them.
    byId("record").disabled = this.#busy && state !== "stopping";
    byId("record-text").textContent = say({ idle: "record.start", stopping: "record.stopping" }[state] ?? "record.stop");
    byId("live").hidden = !this.#recording;
    byId("elapsed").textContent = clock(elapsed);
    const share = Math.min(1, Math.max(0, (level - FLOOR_DBFS) / -FLOOR_DBFS));
    byId("level").style.width = `${Math.round(share * 100)}%`;
    byId("meter").setAttribute("aria-valuenow", String(Math.round(Math.max(level, FLOOR_DBFS))));
    byId("try").hidden = byId("tried").hidden = this.#recording;
    byId("try").disabled = this.#busy;
    byId("tried").textContent = this.#tried ? say(`tried.${this.#tried.verdict}`, { level: Math.round(this.#tried.level_dbfs) }) : "";
    byId("pause").textContent = say(state === "paused" ? "resume" : "pause");
    byId("pause").disabled = byId("mark").disabled = this.#busy || state === "stopping";
    byId("marked").textContent = this.#marked === null ? "" : say("marked", { at: clock(this.#marked) });
    const now = [...(state === "paused" ? [say("state.paused")] : []), ...warnings.map((w) => problemWords(w, this.#phrases, "warning"))].join(" ");
    // A screen reader says it once, not ten times a second.
    if (byId("recorder-warning").textContent !== now) byId("recorder-warning").textContent = now;
    byId("recorder-warning").hidden = !now;
    const wrong = this.#problem ? this.#explain(this.#problem) : problem && problemWords(problem, this.#phrases);
    byId("recorder-problem").hidden = !wrong;
    byId("recorder-problem").textContent = wrong ?? "";
    this.#drawMicrophone(say);
  }

  #drawMicrophone(say) {
    const line = byId("microphone");
    if (!this.#microphones) return void (line.textContent = "");
    const { chosen, present } = this.#microphones;
    const device = present.find((m) => (chosen ? m.id === chosen : m.default) && m.usable);
    line.dataset.present = device ? "yes" : "no";
    line.className = device ? "" : "notice";
    line.textContent = device ? say("microphone", { name: device.name }) : say(chosen ? "microphone.absent" : "microphone.none", { name: chosen ?? "" });
  }

  #pressed() {
    this.#problem = null;
    if (this.#recording) return this.#do(stop);
    this.#ask();
  }

  /** Nobody is asked to agree before it is known where the sound goes. */
  async #ask() {
    try {
      const { sound } = await call("GET", "/me");
      const keys = ["consent.text", sound === "none" ? null : `consent.sound.${sound}`, "consent.ask"].filter(Boolean);
      const texts = (l) => keys.map((key) => this.#phrases.in(l, key)).join(l === "en" ? " " : "");
      byId("consent-texts").replaceChildren(...LANGUAGES.map((l) => el("p", { lang: TAGS[l] }, texts(l))));
      if (!byId("consent").open) byId("consent").showModal();
    } catch (refusal) {
      this.#problem = refusal;
      this.draw();
    }
  }

  async #do(deed) {
    this.#busy = true;
    this.#problem = this.#tried = null;
    this.draw();
    try {
      await deed();
    } catch (refusal) {
      this.#problem = refusal;
      this.look();
    }
    this.#busy = false;
    this.draw();
    this.#onChange();
  }
}
