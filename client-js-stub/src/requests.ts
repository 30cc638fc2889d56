import { encode } from "./codec.js";
import { errorOf, RejoinError } from "./errors.js";
import type { ErrorFrame, HistoryPageFrame, HistoryRequest, Ref } from "./frames.js";

interface PendingRequest {
  readonly frame: HistoryRequest;
  readonly resolve: (page: HistoryPageFrame) => void;
  readonly reject: (error: RejoinError) => void;
}

/** Most requests that may wait for a reply. */
const LIMIT = 256;

/** Requests that only read; they are asked again on every new connection until they are answered. */
export class Requests {
  readonly #pending = new Map<Ref, PendingRequest>();
  #send: ((frame: string) => void) | undefined;

  attach(send: (frame: string) => void): void {
    this.#send = send;
    for (const { frame } of this.#pending.values()) {
      send(encode(frame));
    }
  }

  detach(): void {
    this.#send = undefined;
  }

  ask(frame: HistoryRequest): Promise<HistoryPageFrame> {
    return new Promise((resolve, reject) => {
      if (this.#pending.size >= LIMIT) {
        const message = `${this.#pending.size} requests wait for a reply (expected: below ${LIMIT})`;
        reject(new RejoinError("outbox-full", message, { retryable: true }));
        return;
      }
      this.#pending.set(frame.ref, { frame, resolve, reject });
      this.#send?.(encode(frame));
    });
  }

  answered(page: HistoryPageFrame): void {
    this.#take(page.ref)?.resolve(page);
  }

  /** Takes an error frame; tells whether it was about one of these requests. */
  refused(error: ErrorFrame): boolean {
    const pending = error.ref === undefined ? undefined : this.#take(error.ref);
    pending?.reject(errorOf(error));
    return pending !== undefined;
  }

  close(error: RejoinError): void {
    for (const { reject } of this.#pending.values()) {
      reject(error);
    }
    this.#pending.clear();
  }

  #take(ref: Ref): PendingRequest | undefined {
    const pending = this.#pending.get(ref);
    this.#pending.delete(ref);
    return pending;
  }
}
