import type { DropCause } from "./connection.js";

/**
 * State of a client.
 *
 * - `idle`: not connected yet
 * - `connecting`: the first connection is being made
 * - `open`: a connection works
 * - `waiting`: no connection; the next attempt is scheduled
 * - `resuming`: a connection is being made that takes the session up
 * - `closed`: ended by `close()` or by the broker; `connect()` begins a new session
 */
export type ClientState = "idle" | "connecting" | "open" | "resuming" | "waiting" | "closed";

/** Every legal move; a state that is not listed cannot follow. */
export const MOVES: Readonly<Record<ClientState, readonly ClientState[]>> = {
  idle: ["connecting", "resuming", "closed"],
  connecting: ["open", "waiting", "closed"],
  open: ["waiting", "resuming", "closed"],
  waiting: ["connecting", "resuming", "closed"],
  resuming: ["open", "waiting", "closed"],
  closed: ["connecting"],
};

/**
 * Why the state changed: a close code, why the client gave a connection up, or
 *
 * - `connect`: `connect()` was called
 * - `attempt`: the waiting time is over
 * - `online`: the network is back
 * - `welcome`: the broker has answered
 * - `close`: `close()` was called
 */
export type StateCause = number | DropCause | "connect" | "attempt" | "online" | "welcome" | "close";

/** A change of state. */
export interface StateChange {
  readonly from: ClientState;
  readonly to: ClientState;
  readonly code: StateCause;
  /** The close reason or a sentence, maybe empty. */
  readonly reason: string;
  /** With `waiting`: milliseconds until the next attempt. */
  readonly delay?: number;
}
