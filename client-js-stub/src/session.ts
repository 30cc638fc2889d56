import type { SessionInfo, SessionOutcome } from "./events.js";
import type { Hello, Position, Welcome } from "./frames.js";
import type { KeptPublish } from "./outbox-entry.js";

/**
 * A session in a form that can be kept, for instance over a page reload.
 *
 * It holds the secret and everything that belongs to it: the numbers and the unacknowledged publishes. It must have one
 * owner: save it, stop the client that has saved it, then give it to one new client.
 */
export interface SavedSession {
  readonly id: string;
  readonly secret: string;
  readonly attempt: number;
  /** Milliseconds since the Unix epoch. */
  readonly savedAt: number;
  readonly rooms: readonly SavedRoom[];
}

/** What a saved session knows of a room. */
export interface SavedRoom {
  readonly room: string;
  readonly position?: Position;
  /** The last number that was given to a publish; 0 for none. */
  readonly lastNumber: number;
  readonly publishes: readonly KeptPublish[];
}

/** The session as the client owns it: id and secret, and what others may know of it. */
export class OwnSession {
  #id = "";
  #secret = "";
  /** Raised with every hello: the highest owns the session. */
  #attempt = 0;
  #exists = false;
  #info: SessionInfo | undefined;

  /** Whether there is a session that a new connection would take up. */
  get exists(): boolean {
    return this.#exists;
  }

  /** What others may know of it, from the first welcome on. */
  get info(): SessionInfo | undefined {
    return this.#info;
  }

  /** Takes over what an earlier client has saved. */
  restore({ id, secret, attempt }: SavedSession): void {
    this.#take(id, secret, attempt);
  }

  /** What the next hello says of the session; counts as an attempt. */
  greet(): Pick<Hello, "session"> {
    if (!this.#exists) {
      return {};
    }
    this.#attempt += 1;
    return { session: { id: this.#id, secret: this.#secret, attempt: this.#attempt } };
  }

  /** Takes what a welcome says. */
  adopt({ id, secret, publisher, resumed, window }: Welcome["session"]): SessionOutcome {
    const before = this.#exists;
    const same = before && this.#id === id;
    this.#take(id, secret, same ? this.#attempt : 0);
    this.#info = { id, publisher, resumed, window };
    if (!before) {
      return "new";
    }
    return same ? (resumed ? "resumed" : "restored") : "replaced";
  }

  /** The session in a form that can be kept; `undefined` when there is none. */
  save(rooms: readonly SavedRoom[]): SavedSession | undefined {
    const [id, secret, attempt] = [this.#id, this.#secret, this.#attempt];
    return this.#exists ? { id, secret, attempt, savedAt: Date.now(), rooms } : undefined;
  }

  /** It is over: the next hello begins another. */
  end(): void {
    this.#exists = false;
    this.#info = undefined;
  }

  #take(id: string, secret: string, attempt: number): void {
    this.#id = id;
    this.#secret = secret;
    this.#attempt = attempt;
    this.#exists = true;
  }
}
