export type { BackoffOptions } from "./backoff.js";
export { RejoinClient } from "./client.js";
export type { Clock, Timer } from "./clock.js";
export { CLOSE_CODES, type CloseCodeName, ERROR_CODES, type ErrorCode } from "./codes.js";
export type { DropCause } from "./connection.js";
export type { Listener } from "./emitter.js";
export { type LocalErrorCode, RejoinError, type RejoinErrorCode } from "./errors.js";
export type {
  ClientEvents,
  Ephemeral,
  Gap,
  Joined,
  Left,
  OutcomeEvent,
  Publication,
  RoomEvents,
  RoomOutcome,
  SessionInfo,
  SessionOutcome,
  SlowConsumer,
  WelcomeEvent,
} from "./events.js";
export type { Skipped } from "./follower.js";
export type { Delivery, FrameGap, GapReason, JoinOutcome, Position, StartPosition } from "./frames.js";
export type { HistoryOptions, HistoryPage } from "./history.js";
export type { NetworkHints, RejoinOptions } from "./options.js";
export type { KeptPublish } from "./outbox-entry.js";
export type { PublishOptions, Room, RoomOptions } from "./room.js";
export type { SavedRoom, SavedSession } from "./session.js";
export type { WebSocketFactory, WebSocketLike } from "./socket.js";
export { type ClientState, MOVES, type StateCause, type StateChange } from "./states.js";
