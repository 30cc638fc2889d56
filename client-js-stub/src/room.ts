import type { Listener } from "./emitter.js";
import type { Joined, Publication, RoomEvents } from "./events.js";
import type { Delivery, Position, StartPosition } from "./frames.js";
import type { HistoryOptions, HistoryPage } from "./history.js";

/** How to join a room. */
export interface RoomOptions {
  /** Continue after this point. Wins over `history`. */
  readonly position?: StartPosition;
  /** Begin with the newest publications, this many at most. */
  readonly history?: number;
  readonly delivery?: Delivery;
}

/** How to publish. */
export interface PublishOptions {
  /** Conflation key, up to 128 bytes. */
  readonly key?: string;
}

/** A room as the client sees it. One handle per name; it works over all reconnects. */
export interface Room<T = unknown> extends AsyncIterable<Publication<T>> {
  readonly name: string;
  /** What the application has reached: moves before listeners are called. `undefined` before the first join. */
  readonly position: Position | undefined;
  /** Publishes of this room that are neither acknowledged nor failed. */
  readonly pending: number;
  /** Whether the client is a member now. */
  readonly joined: boolean;
  /**
   * Becomes a member; resolves with the outcome, after the wait for a connection when there is none. Add listeners first.
   *
   * Without options it continues where it stopped; with options it forgets that and begins as they say.
   */
  join(options?: RoomOptions): Promise<Joined>;
  /** Ends the membership. Nothing is delivered after the call; `position` stays, for a later `join()`. */
  leave(): Promise<void>;
  /**
   * Publishes; needs no membership, and waits in the outbox while there is no connection.
   *
   * @returns the position, or `undefined` when the broker no longer knows it
   * @throws RejoinError `unknown-outcome` when it can no longer be found out whether the room has it
   */
  publish(data: T, options?: PublishOptions): Promise<Position | undefined>;
  /** Sends without position, history or acknowledgement. Returns whether it was sent; it is never kept for later. */
  publishEphemeral(data: T, options?: PublishOptions): boolean;
  /** Reads a page of the retained log; moves nothing. */
  history(options?: HistoryOptions): Promise<HistoryPage<T>>;
  /** Adds a listener; returns a function that removes it. */
  on<K extends keyof RoomEvents<T>>(event: K, listener: Listener<RoomEvents<T>[K]>): () => void;
  off<K extends keyof RoomEvents<T>>(event: K, listener: Listener<RoomEvents<T>[K]>): void;
}
