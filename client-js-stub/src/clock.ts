/** Largest delay that a timer takes, about 24.8 days; a larger one would run at once. */
export const MAX_TIMER = 2 ** 31 - 1;

/** A pending timer. */
export interface Timer {
  /** Stops the timer; does nothing once it has run. */
  cancel(): void;
}

/** Time and timers, replaceable in tests. */
export interface Clock {
  /** Milliseconds since an arbitrary point; never goes back. */
  now(): number;
  /** Runs `task` once, `delay` milliseconds from now; one above {@link MAX_TIMER} is cut to it. */
  after(delay: number, task: () => void): Timer;
}

/**
 * The clock of the machine.
 *
 * It advances by the larger step of the monotonic and the wall clock: the monotonic one stands still while some machines
 * sleep, the wall clock may be set back. An age is therefore never too small, which is the safe side for resends.
 */
export function systemClock(): Clock {
  let monotonic = performance.now();
  let wall = Date.now();
  let now = 0;
  return {
    now() {
      const [nextMonotonic, nextWall] = [performance.now(), Date.now()];
      now += Math.max(nextMonotonic - monotonic, nextWall - wall, 0);
      monotonic = nextMonotonic;
      wall = nextWall;
      return now;
    },
    after(delay, task) {
      const handle = setTimeout(task, Math.min(delay, MAX_TIMER));
      return { cancel: () => clearTimeout(handle) };
    },
  };
}
