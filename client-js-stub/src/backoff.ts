import { MAX_TIMER } from "./clock.js";

/** Bounds of the delay before a new attempt, in milliseconds. */
export interface BackoffOptions {
  /** Upper bound of the first delay; doubles with every failure. Default 250. */
  readonly min?: number;
  /** Upper bound of every delay. Default 20,000. */
  readonly max?: number;
}

/**
 * Full-jitter delay: `random(0, min(max, min · 2^attempt))`, in whole milliseconds.
 *
 * Drawing from zero spreads the clients of a dead node evenly; a fixed part would make them come in waves.
 *
 * @param attempt failures so far, from 0
 * @param random returns a number in [0, 1)
 */
export function backoffDelay(attempt: number, min: number, max: number, random: () => number): number {
  return Math.floor(random() * Math.min(max, min * 2 ** attempt));
}

/** Reads the server's advice `retry-after=MS` out of a close reason; `undefined` when there is none. */
export function retryAfter(closeReason: string): number | undefined {
  const found = /(?:^|[\s;,])retry-after=(\d{1,15})(?!\d)/.exec(closeReason);
  return found?.[1] === undefined ? undefined : Math.min(Number(found[1]), MAX_TIMER);
}
