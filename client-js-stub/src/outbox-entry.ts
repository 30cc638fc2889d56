import { utf8Length } from "./codec.js";
import { RejoinError } from "./errors.js";
import type { ErrorFrame, Position } from "./frames.js";

/** A publish that was sent under a number, in a form that can be kept. */
export interface KeptPublish {
  readonly number: number;
  /** JSON text; absent when the number is given up. */
  readonly data?: string;
  readonly key?: string;
  /** Milliseconds since the first send. */
  readonly age: number;
}

/** A publish that is not settled yet. */
export interface Entry {
  readonly data: string;
  readonly key: string | undefined;
  /** What it counts against the outbox's bound. */
  readonly bytes: number;
  readonly resolve: (position: Position | undefined) => void;
  readonly reject: (error: RejoinError) => void;
  /** Given at the first send and never changed; `undefined` before. */
  number: number | undefined;
  firstSentAt: number;
  /** The number is given up; only the broker's answer to that is missing. */
  skip: boolean;
  /** What the caller gets when the broker confirms that a number that was given up was not applied. */
  failure: RejoinError | undefined;
  /** The caller has been told. */
  told: boolean;
  /** Sent on the present link and unanswered. */
  onWire: boolean;
  /** Reference of the last send, which tells an answer to it from an answer to an earlier one. */
  ref: number | undefined;
  /** Refusal of the last send, kept until all lower numbers are settled. */
  refusal: ErrorFrame | undefined;
}

/** A publish that was not sent yet. */
export function newEntry(
  data: string,
  key: string | undefined,
  resolve: Entry["resolve"],
  reject: Entry["reject"],
): Entry {
  return {
    data,
    key,
    bytes: utf8Length(data) + utf8Length(key ?? ""),
    resolve,
    reject,
    number: undefined,
    firstSentAt: 0,
    skip: false,
    failure: undefined,
    told: false,
    onWire: false,
    ref: undefined,
    refusal: undefined,
  };
}

/** Rejects the caller's promise, unless it has been settled. */
export function tell(entry: Entry, error: RejoinError): void {
  if (!entry.told) {
    entry.told = true;
    entry.reject(error);
  }
}

export function unknownOutcome(room: string, reason: string): RejoinError {
  return new RejoinError("unknown-outcome", `publish to room ${room} may or may not have been applied: ${reason}`);
}
