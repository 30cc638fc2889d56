/**
 * Codes of `error` frames and of failed joins. Append-only: a code is never renamed and never reused.
 *
 * The value tells whether the same request may succeed later. The member `retryable` of a frame wins over this table.
 */
export const ERROR_CODES = {
  "bad-request": { retryable: false },
  "unknown-type": { retryable: false },
  "too-large": { retryable: false },
  forbidden: { retryable: false },
  "not-joined": { retryable: false },
  "already-joined": { retryable: false },
  "room-limit": { retryable: false },
  "rate-limited": { retryable: true },
  unavailable: { retryable: true },
  "out-of-order": { retryable: true },
  internal: { retryable: true },
} as const satisfies Record<string, { retryable: boolean }>;

/** A code that the broker puts into `error` frames, `joined.error` and `left.code`. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** Close codes of the protocol. Append-only. 4000–4499: reconnect and resume; 4500–4999: stop. */
export const CLOSE_CODES = {
  restart: 4000,
  "heartbeat-timeout": 4001,
  "slow-consumer": 4002,
  "token-expired": 4003,
  overloaded: 4004,
  "no-quorum": 4005,
  "hello-timeout": 4006,
  "bad-protocol": 4500,
  unauthenticated: 4501,
  forbidden: 4502,
  "taken-over": 4503,
  flooding: 4504,
  revoked: 4505,
} as const;

/** Name of a close code of the protocol. */
export type CloseCodeName = keyof typeof CLOSE_CODES;

/** WebSocket's own code for a message that is larger than the receiver takes. */
export const MESSAGE_TOO_BIG = 1009;

/** Tells whether a close code forbids to reconnect. Every other code means: reconnect and resume. */
export function stops(closeCode: number): boolean {
  return closeCode >= 4500 && closeCode <= 4999;
}

/** Name of a close code, or `undefined` when the protocol does not define it. */
export function closeCodeName(closeCode: number): CloseCodeName | undefined {
  const names = Object.keys(CLOSE_CODES) as CloseCodeName[];
  return names.find((name) => CLOSE_CODES[name] === closeCode);
}
