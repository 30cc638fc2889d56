import { backoffDelay } from "./backoff.js";
import type { Clock, Timer } from "./clock.js";
import { encode } from "./codec.js";
import { errorOf, RejoinError } from "./errors.js";
import type { ErrorFrame, Refreshed } from "./frames.js";

/** Asks the application for a token. */
export type TokenSource = () => string | Promise<string>;

/** A new token; fails with what the callback has thrown, or a TypeError when it gives no string. */
export async function freshToken(source: TokenSource): Promise<string> {
  const token: unknown = await source();
  if (typeof token !== "string") {
    throw new TypeError(`token is ${token === null ? "null" : typeof token} (expected: a string)`);
  }
  return token;
}

/** What the `token-failed` of a connection and of a refresh have in common. */
export function tokenFailed(cause: unknown): RejoinError {
  return new RejoinError("token-failed", "the token callback failed", { retryable: true, cause });
}

export interface RefresherOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly token: TokenSource;
  send(frame: string): void;
  failed(error: RejoinError): void;
}

/** The only request of a connection that its owner does not number. */
const REF = "refresh";

/** Least time between two refreshes: a broker that always says 0 must not make a loop of token callbacks. */
const LEAST = 1_000;
const RETRY_MIN = 1_000;
const RETRY_MAX = 30_000;

/**
 * Puts a new token in the place of the old one on one open connection, whenever the broker has asked for it.
 *
 * Failure: told, and tried again; after a final refusal no more. The connection works on until the old token has expired,
 * and the next one begins with a fresh token anyway.
 */
export class TokenRefresher {
  readonly #options: RefresherOptions;
  #timer: Timer | undefined;
  #failures = 0;
  #over = false;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  /** Refreshes `delay` milliseconds from now. */
  schedule(delay: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delay, () => {
      freshToken(this.#options.token).then(
        (token) => this.#send(token),
        (cause) => this.#retry(tokenFailed(cause)),
      );
    });
  }

  answered({ ref, refreshAfter }: Refreshed): void {
    if (ref === REF) {
      this.#failures = 0;
      this.schedule(Math.max(refreshAfter, LEAST));
    }
  }

  /** Takes an error frame; tells whether it was about a refresh. */
  refused(error: ErrorFrame): boolean {
    if (error.ref !== REF) {
      return false;
    }
    if (error.retryable) {
      this.schedule(error.retryAfter ?? this.#backoff());
    } else {
      this.#options.failed(errorOf(error, " (refresh of the token)"));
    }
    return true;
  }

  stop(): void {
    this.#over = true;
    this.#timer?.cancel();
  }

  #send(token: string): void {
    if (!this.#over) {
      this.#options.send(encode({ type: "refresh", ref: REF, token }));
    }
  }

  #retry(error: RejoinError): void {
    if (!this.#over) {
      this.schedule(this.#backoff());
      this.#options.failed(error);
    }
  }

  #backoff(): number {
    return backoffDelay(this.#failures++, RETRY_MIN, RETRY_MAX, this.#options.random);
  }
}
