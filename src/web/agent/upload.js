// A recording made elsewhere: a dialog with the file, its time and the consent, then the sending with its progress.

import { byId } from "/shared/dom.js";
import { moment } from "/shared/phrases.js";
import { send } from "/agent/server.js";
import { clock } from "/agent/recorder.js";

/** The page shows Hong Kong's time, so that is what is typed; it has had no summer time since 1979. */
const OFFSET_MS = 8 * 3600_000;
const OFFSET = "+08:00";

/** The button for uploads and what is beside it. `onDone` is called when a recording was taken in. */
export class Upload {
  #phrases;
  #explain;
  #onDone;
  #name = "";
  /** Per cent that are sent; null while nothing is. */
  #percent = null;
  #answer = null;
  #problem = null;

  constructor(phrases, explain, onDone) {
    this.#phrases = phrases;
    this.#explain = explain;
    this.#onDone = onDone;
    byId("upload").addEventListener("click", () => {
      byId("upload-form").reset();
      byId("upload-dialog").showModal();
    });
    byId("upload-no").addEventListener("click", () => byId("upload-dialog").close());
    byId("upload-file").addEventListener("change", () => this.#chosen());
    byId("upload-form").addEventListener("submit", (event) => {
      event.preventDefault();
      byId("upload-dialog").close();
      this.#send(byId("upload-file").files[0], byId("upload-recorded-at").value, event.submitter.value);
    });
  }

  /** Shows the file's own date as the time of the recording, to be corrected. */
  #chosen() {
    const file = byId("upload-file").files[0];
    if (!file) return;
    byId("upload-recorded-at").value = new Date(file.lastModified + OFFSET_MS).toISOString().slice(0, 16);
  }

  async #send(file, recordedAt, consent) {
    this.#name = file.name;
    this.#percent = 0;
    this.#answer = this.#problem = null;
    this.draw();
    const query = new URLSearchParams({ consent, recorded_at: `${recordedAt.slice(0, 16)}:00${OFFSET}` });
    try {
      this.#answer = await send(`/recordings/upload?${query}`, file, (share) => {
        this.#percent = Math.floor(share * 100);
        this.draw();
      });
    } catch (refusal) {
      this.#problem = refusal;
    }
    this.#percent = null;
    this.draw();
    this.#onDone();
  }

  draw() {
    const bar = byId("upload-bar");
    byId("upload").disabled = this.#percent !== null;
    byId("upload-progress").hidden = this.#percent === null && !this.#answer;
    bar.hidden = this.#percent === null;
    if (this.#percent < 100) bar.value = (this.#percent ?? 0) / 100;
    else bar.removeAttribute("value"); // the box reads: how long that takes is not known
    byId("upload-text").textContent = this.#words();
    byId("upload-problem").hidden = !this.#problem;
    byId("upload-problem").textContent = this.#problem ? this.#explain(this.#problem) : "";
  }

  #words() {
    const say = (key, values) => this.#phrases.say(key, { name: this.#name, ...values });
    if (this.#percent !== null) return this.#percent < 100 ? say("upload.sending", { percent: this.#percent }) : say("upload.reading");
    if (!this.#answer) return "";
    const date = moment(this.#answer.recorded_at, this.#phrases.tag);
    return say("upload.done", { length: clock(this.#answer.seconds * 1000), date });
  }

  /** Forgets what was sent: the agent is another. */
  stop() {
    this.#answer = this.#problem = null;
    byId("upload-dialog").close();
    this.draw();
  }
}
