// Ends a client's session when nobody has touched the screen for a while. Time is the browser's monotonic clock.

/** Without a touch for this long the session ends. */
export const IDLE_MS = 90_000;
/** The last part of it is counted down where everybody can see it. */
export const COUNTDOWN_MS = 15_000;

const TOUCHES = ["pointerdown", "keydown", "wheel", "scroll", "input"];

/** Watches for touches; tells `onCount(seconds or null)` and `onEnd()`. Runs only between start and stop. */
export class Idle {
  #last = 0;
  #timer = null;
  #onCount;
  #onEnd;

  constructor(onCount, onEnd) {
    this.#onCount = onCount;
    this.#onEnd = onEnd;
    for (const touch of TOUCHES) addEventListener(touch, () => this.touched(), { passive: true, capture: true });
  }

  touched() {
    this.#last = performance.now();
    if (this.#timer !== null) this.#onCount(null);
  }

  start() {
    this.#last = performance.now();
    this.#timer ??= setInterval(() => this.#look(), 250);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
    this.#onCount(null);
  }

  #look() {
    const left = IDLE_MS - (performance.now() - this.#last);
    if (left <= 0) {
      this.stop();
      this.#onEnd();
    } else if (left <= COUNTDOWN_MS) {
      this.#onCount(Math.ceil(left / 1000));
    }
  }
}
