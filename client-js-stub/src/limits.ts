import type { Connection } from "./connection.js";
import type { Limits } from "./frames.js";

/** Assumed until a welcome tells better: limits of a broker with default settings. */
const FIRST: Limits = { message: 65_536, rooms: 256, inflight: 256 };

/** A message limit learned from a 1009 never goes below this: a smaller one is no limit but a fault. */
const LEAST_MESSAGE = 1_024;

/** Limits that the last welcome has told, and what a close with 1009 has taught. */
export class KnownLimits {
  #told: Limits | undefined;
  #learned = Number.POSITIVE_INFINITY;

  /** Whether a welcome has told limits. */
  get told(): boolean {
    return this.#told !== undefined;
  }

  /** Largest message, in bytes. */
  get message(): number {
    return Math.min((this.#told ?? FIRST).message, this.#learned);
  }

  /** Most rooms of a connection. */
  get rooms(): number {
    return (this.#told ?? FIRST).rooms;
  }

  tell(limits: Limits | undefined): void {
    this.#told = limits;
  }

  /** Something on the way takes less than was told: the largest message of the connection was too large. */
  learn(connection: Connection): void {
    const largest = connection.largestSent;
    // A hello can only lose rooms, one by one would take many attempts.
    const limit = connection.welcome === undefined ? Math.floor(largest / 2) : largest - 1;
    this.#learned = Math.max(Math.min(this.#learned, limit), LEAST_MESSAGE);
  }
}
