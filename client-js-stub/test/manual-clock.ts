import type { Clock, Timer } from "../src/clock.js";

/** A clock that stands until a test moves it; timers run in the order of their time, then of their start. */
export class ManualClock implements Clock {
  #now = 1_000_000;
  #timers: { at: number; task: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(delay: number, task: () => void): Timer {
    const timer = { at: this.#now + delay, task };
    this.#timers.push(timer);
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((one) => one !== timer);
      },
    };
  }

  /** Moves time forward, running what becomes due on the way, with its microtasks. */
  async advance(by: number): Promise<void> {
    const end = this.#now + by;
    for (let next = this.#earliest(end); next !== undefined; next = this.#earliest(end)) {
      this.#now = next.at;
      this.#timers = this.#timers.filter((one) => one !== next);
      next.task();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  get pendingTimers(): number {
    return this.#timers.length;
  }

  #earliest(end: number) {
    return this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Lets all promises that can settle do so. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
