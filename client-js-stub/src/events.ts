import type { RejoinError } from "./errors.js";
import type { Skipped } from "./follower.js";
import type { JoinOutcome, Position } from "./frames.js";
import type { StateChange } from "./states.js";

/** What a room accepted. */
export interface Publication<T = unknown> {
  readonly room: string;
  readonly position: Position;
  /** Milliseconds since the Unix epoch, by the broker's clock. */
  readonly time: number;
  readonly data: T;
  /** Conflation key. */
  readonly key?: string;
  /** User id of the publisher. */
  readonly from?: string;
  /** Public id of the publishing session. */
  readonly publisher?: string;
  /** Number of the publish within its session and room. */
  readonly number?: number;
}

/** A message that a room passed on without position or history. */
export type Ephemeral<T = unknown> = Omit<Publication<T>, "position" | "number">;

/** A stretch of the log that the application does not get; what follows begins after `position`. */
export interface Gap extends Skipped {
  readonly room: string;
  readonly position: Position;
  /**
   * With reason `epoch`: the last offset that is common to what the application got and to the log. Whatever it got
   * after this offset is void.
   */
  readonly voidAfter?: number;
}

/** The client has become a member, for the first time or again. */
export interface Joined {
  readonly room: string;
  readonly outcome: JoinOutcome;
  /** Publications follow after this point without a hole. */
  readonly position: Position;
  readonly gap?: Gap;
}

/** The membership has ended. */
export interface Left {
  readonly room: string;
  /** Why the broker ended it; absent after `leave()`. */
  readonly code?: string;
  /** Whether the client joins again by itself, from the last position. */
  readonly rejoins: boolean;
}

/** Events of a room. */
export interface RoomEvents<T = unknown> {
  publication: Publication<T>;
  ephemeral: Ephemeral<T>;
  gap: Gap;
  joined: Joined;
  left: Left;
}

/** A connection has been welcomed. */
export interface WelcomeEvent {
  readonly node: string;
  readonly url: string;
  readonly session: SessionInfo;
}

/** The session as far as others may know it. */
export interface SessionInfo {
  readonly id: string;
  /** Public id, the `publisher` of own publications. */
  readonly publisher: string;
  /** Whether the broker still had the session's record. */
  readonly resumed: boolean;
  /** Milliseconds that the session outlives its last connection. */
  readonly window: number;
}

/**
 * What a new connection found.
 *
 * - `new`: the client's first session, or the first after `close()`
 * - `resumed`: the session goes on
 * - `restored`: the broker had lost the session's record, but id, numbers and rooms go on all the same
 * - `replaced`: the broker gave another session; publishes under the old one have unknown outcomes
 */
export type SessionOutcome = "new" | "resumed" | "restored" | "replaced";

/** Result of a (re)connect, told once all rooms of the welcome are handled. */
export interface OutcomeEvent {
  readonly session: SessionOutcome;
  readonly node: string;
  readonly url: string;
  /** Milliseconds without a working connection; 0 when the old one worked until the new one did. */
  readonly interruption: number;
  /** Milliseconds from the hello to the welcome. */
  readonly roundTrip: number;
  readonly rooms: readonly RoomOutcome[];
}

/** How a room of the welcome came out. */
export interface RoomOutcome {
  readonly room: string;
  readonly outcome: JoinOutcome | "error";
  /** With `error`: its code. */
  readonly code?: string;
  readonly gap?: Gap;
}

/** The broker has closed the connection with 4002, because the client lagged longer than the room's policy allows. */
export interface SlowConsumer {
  readonly node: string;
  readonly url: string;
  /** Milliseconds after which the client comes back and resumes, when the broker has said so. */
  readonly retryAfter?: number;
}

/** Events of a client. */
export interface ClientEvents {
  state: StateChange;
  welcome: WelcomeEvent;
  outcome: OutcomeEvent;
  /** Told before the change of state. */
  slow: SlowConsumer;
  /** A gap of any room; told before the room's own event. */
  gap: Gap;
  error: RejoinError;
}
