import type { Clock, Timer } from "./clock.js";

/**
 * Watches that a peer is heard at least once per `limit` milliseconds.
 *
 * Hearing something only notes the time; the timer looks at the note when it runs, so that a busy connection does not
 * set a timer per message.
 */
export class Heartbeat {
  readonly #clock: Clock;
  readonly #limit: number;
  readonly #onSilent: () => void;
  #heard: number;
  #heardSinceAsked = true;
  #timer: Timer | undefined;

  constructor(clock: Clock, limit: number, onSilent: () => void) {
    this.#clock = clock;
    this.#limit = limit;
    this.#onSilent = onSilent;
    this.#heard = clock.now();
    this.#arm(limit);
  }

  /** Notes a sign of life. */
  heard(): void {
    this.#heard = this.#clock.now();
    this.#heardSinceAsked = true;
  }

  /** Shortens the time that the next sign of life may take to `limit` milliseconds from now. */
  expectWithin(limit: number): void {
    this.#heardSinceAsked = false;
    this.#timer?.cancel();
    this.#timer = this.#clock.after(limit, () => {
      if (this.#heardSinceAsked) {
        this.#check();
      } else {
        this.#onSilent();
      }
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(delay: number): void {
    this.#timer = this.#clock.after(delay, () => this.#check());
  }

  #check(): void {
    const left = this.#heard + this.#limit - this.#clock.now();
    if (left > 0) {
      this.#arm(left);
    } else {
      this.#onSilent();
    }
  }
}
