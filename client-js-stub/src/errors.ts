import type { ErrorCode } from "./codes.js";
import type { FrameError } from "./frames.js";

/**
 * Codes that the client itself gives.
 *
 * - `unknown-outcome`: the publication may or may not be in the room; it can no longer be found out
 * - `outbox-full`: the publication was refused, because of `outboxLimit` or `outboxBytes`; the message names which
 * - `closed`: the client is closed; nothing was sent
 * - `connection-lost`: the request was on a connection that ended
 * - `left`: the room was left while the call waited
 * - `stopped`: the broker forbade to reconnect; the message has its close code
 * - `token-failed`: the token callback failed, for a connection or a refresh; the client retries
 * - `socket-failed`: a WebSocket could not be made; the client retries
 * - `broken-stream`: what arrived cannot be explained; the client reconnects from its last positions
 * - `slow-reader`: an async iterator held more unread publications than `feedLimit`
 * - `listener-failed`: an event listener threw; `cause` has what
 */
export type LocalErrorCode =
  | "unknown-outcome"
  | "outbox-full"
  | "closed"
  | "connection-lost"
  | "left"
  | "stopped"
  | "token-failed"
  | "socket-failed"
  | "broken-stream"
  | "slow-reader"
  | "listener-failed";

/** Any code of a {@link RejoinError}. Codes of later brokers are passed on as they come. */
export type RejoinErrorCode = ErrorCode | LocalErrorCode | (string & {});

/** What a failed call rejects with, and what the `error` event carries. */
export class RejoinError extends Error {
  override readonly name = "RejoinError";
  /** Which failure it is; see {@link RejoinErrorCode}. */
  readonly code: RejoinErrorCode;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;
  /** Milliseconds to wait before a retry, when the broker has said so. */
  readonly retryAfter: number | undefined;

  constructor(
    code: RejoinErrorCode,
    message: string,
    options: { retryable?: boolean; retryAfter?: number | undefined; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAfter = options.retryAfter;
  }
}

/** What the broker has said, as the caller gets it; `about` is added to the message. */
export function errorOf({ code, message, retryable, retryAfter }: FrameError, about = ""): RejoinError {
  return new RejoinError(code, message + about, { retryable, retryAfter });
}
