import type { Position } from "./frames.js";
import type { KeptPublish } from "./outbox.js";

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

/** The session as the client owns it. */
export interface Identity {
  readonly id: string;
  readonly secret: string;
  /** Raised with every hello: the highest owns the session. */
  attempt: number;
}
