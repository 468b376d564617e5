// Plays the sound of the opened meeting from any second. The box serves ranges, so a player begins in the middle of
// two hours as fast as at their start; nothing is fetched before somebody listens, which the audit trail notes.

import { byId } from "/shared/dom.js";

/** The one player of the page. `onMove(seconds or null)` hears where it is, `onTurn()` that it began or stopped. */
export class Player {
  #phrases;
  #audio = byId("audio");
  #meeting = null;
  /** What was asked to be played last, by its key. */
  #key = null;
  #failed = false;
  #onMove;
  #onTurn;

  constructor(phrases, onMove, onTurn) {
    this.#phrases = phrases;
    this.#onMove = onMove;
    this.#onTurn = onTurn;
    const turned = () => this.#onTurn();
    for (const event of ["play", "pause", "ended"]) this.#audio.addEventListener(event, turned);
    this.#audio.addEventListener("timeupdate", () => this.#onMove(this.#audio.paused ? null : this.#audio.currentTime));
    this.#audio.addEventListener("error", () => {
      if (!this.#audio.hasAttribute("src")) return;
      this.#failed = true;
      this.#silence();
      this.draw();
      this.#onTurn();
    });
  }

  /** Whose sound there is; null for none. What plays of another meeting stops. */
  of(meeting) {
    if (meeting === this.#meeting) return;
    this.#meeting = meeting;
    this.#failed = false;
    this.#silence();
    this.draw();
  }

  #silence() {
    this.#key = null;
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
    this.#onMove(null);
  }

  /** Whether there is sound to play. */
  get there() {
    return this.#meeting !== null;
  }

  /** The key of what plays now, or null. */
  get playing() {
    return this.#audio.paused ? null : this.#key;
  }

  /** Plays from a second on; what plays under that key already is paused instead. */
  toggle(key, seconds) {
    if (!this.there) return;
    if (this.playing === key) return this.#audio.pause();
    this.#failed = false;
    if (!this.#audio.hasAttribute("src")) this.#audio.src = `/agent/api/recordings/${encodeURIComponent(this.#meeting)}/audio?format=wav`;
    this.#key = key;
    // Before the length is known this is where it begins.
    this.#audio.currentTime = seconds;
    this.#audio.play().catch(() => {}); // that it cannot is heard as `error`; that it was paused first is no error
    this.draw();
    this.#onTurn();
  }

  draw() {
    byId("player").hidden = !this.#audio.hasAttribute("src");
    byId("player-problem").hidden = !this.#failed;
    byId("player-problem").textContent = this.#failed ? this.#phrases.say("sound.unplayable") : "";
  }
}
