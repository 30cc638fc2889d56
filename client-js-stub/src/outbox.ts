import { backoffDelay } from "./backoff.js";
import type { Clock, Timer } from "./clock.js";
import { encodePublish, utf8Length } from "./codec.js";
import { RejoinError } from "./errors.js";
import type { Ack, ErrorFrame, Position } from "./frames.js";
import { type Entry, type KeptPublish, newEntry, tell, unknownOutcome } from "./outbox-entry.js";

/** The connection that publishes go out on, and what it allows. */
export interface OutboxLink {
  send(frame: string): void;
  /** Largest message, in bytes. */
  readonly message: number;
  /** Most unacknowledged publishes, over all rooms. */
  readonly inflight: number;
  /** Milliseconds from the first send during which a resend is safe. */
  readonly window: number;
}

/** What an outbox holds at most, over all rooms. */
export interface OutboxBounds {
  readonly publishes: number;
  /** Of data and keys, as UTF-8. */
  readonly bytes: number;
}

interface RoomQueue {
  readonly room: string;
  /** Ascending: first what has a number, then what was never sent. */
  readonly entries: Entry[];
  lastNumber: number;
  /** Running while the room waits to resend after a refusal. */
  pause: Timer | undefined;
  refusals: number;
  /** How many may be on the wire: begins at 1 after `rate-limited`, grows with every acknowledgement. */
  burst: number;
}

const RESEND_MIN = 100;
const RESEND_MAX = 5_000;
const NO_BURST_LIMIT = Number.POSITIVE_INFINITY;

/**
 * Publishes that are not sent or not acknowledged, in order per room.
 *
 * A publish gets its number when it is sent for the first time, so what was never sent survives a change of session. The
 * broker applies a number once and in order; everything here follows from that: resend in order with the same numbers,
 * act on a refusal only when all lower numbers are settled, give a number up only by telling the broker so.
 *
 * Limits: its bounds, at which a publish is refused at once. Failure: every promise is settled; none is forgotten.
 */
export class Outbox {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #bounds: OutboxBounds;
  readonly #nextRef: () => number;
  readonly #rooms = new Map<string, RoomQueue>();
  #link: OutboxLink | undefined;
  #size = 0;
  #bytes = 0;
  #onWire = 0;
  #expiry: Timer | undefined;
  #window = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, random: () => number, bounds: OutboxBounds, nextRef: () => number) {
    this.#clock = clock;
    this.#random = random;
    this.#bounds = bounds;
    this.#nextRef = nextRef;
  }

  /** Publishes of a room that are not settled yet. */
  pending(room: string): number {
    return this.#rooms.get(room)?.entries.filter((entry) => !entry.told).length ?? 0;
  }

  /** Takes a publish, or refuses it at once; the promise settles with its position or with why there is none. */
  offer(room: string, data: string, key: string | undefined): Promise<Position | undefined> {
    return new Promise((resolve, reject) => {
      const entry = newEntry(data, key, resolve, reject);
      const refusal = this.#refusalOf(room, entry.bytes);
      if (refusal === undefined) {
        this.#add(this.#queue(room), entry);
        this.#pump();
      } else {
        reject(refusal);
      }
    });
  }

  /** Publishes go out on this link from now on; all that is unacknowledged is sent again, in order. */
  attach(link: OutboxLink): void {
    this.detach();
    this.#link = link;
    this.#window = link.window;
    this.#expire();
    this.#pump();
  }

  /** Holds everything back until the next link. */
  detach(): void {
    this.#link = undefined;
    this.#onWire = 0;
    for (const queue of this.#rooms.values()) {
      queue.pause?.cancel();
      queue.pause = undefined;
      for (const entry of queue.entries) {
        entry.onWire = false;
        entry.refusal = undefined;
      }
    }
  }

  /** Another session: what was sent under the old one can no longer be found out; numbers begin at 1 again. */
  beginSession(): void {
    this.detach();
    for (const queue of this.#rooms.values()) {
      for (const entry of queue.entries.filter((one) => one.number !== undefined)) {
        this.#remove(queue, entry);
        tell(entry, unknownOutcome(queue.room, "the broker has started a new session"));
      }
      queue.lastNumber = 0;
    }
    this.#forgetIdleRooms();
  }

  /** Settles everything: the client is closed. */
  close(why: RejoinError): void {
    this.detach();
    this.#expiry?.cancel();
    for (const queue of this.#rooms.values()) {
      for (const entry of queue.entries.splice(0)) {
        const unsent = new RejoinError(why.code, `publish to room ${queue.room} was not sent: ${why.message}`);
        tell(entry, entry.number === undefined ? unsent : unknownOutcome(queue.room, why.message));
      }
    }
    this.#rooms.clear();
    this.#size = 0;
    this.#bytes = 0;
  }

  acknowledged(ack: Ack): void {
    const queue = this.#rooms.get(ack.room);
    const entry = queue?.entries.find((one) => one.number === ack.number);
    if (queue === undefined || entry === undefined) {
      return;
    }
    queue.refusals = 0;
    queue.burst += 1;
    this.#remove(queue, entry);
    if (ack.position === undefined && entry.failure !== undefined) {
      tell(entry, entry.failure);
    } else {
      entry.resolve(ack.position);
    }
    this.#actOnLowest(queue);
    this.#pump();
  }

  /** Takes an error frame; tells whether it was about a publish of this outbox. */
  refused(error: ErrorFrame): boolean {
    const found = this.#find(error);
    if (found === undefined) {
      return false;
    }
    const { queue, entry } = found;
    if (entry.onWire && (error.ref === undefined || error.ref === entry.ref)) {
      entry.refusal = error;
      this.#actOnLowest(queue);
      this.#pump();
    }
    return true;
  }

  /** What a later client needs to go on under the same session. */
  keep(): { room: string; lastNumber: number; publishes: KeptPublish[] }[] {
    const now = this.#clock.now();
    return [...this.#rooms.values()].map(({ room, lastNumber, entries }) => ({
      room,
      lastNumber,
      publishes: entries.flatMap(({ number, data, key, skip, firstSentAt }) =>
        number === undefined
          ? []
          : [{ number, age: now - firstSentAt, ...(skip ? {} : { data }), ...(key === undefined ? {} : { key }) }],
      ),
    }));
  }

  /** Takes over what {@link keep} has returned; `failed` hears of publishes that come to nothing. */
  restore(
    room: string,
    lastNumber: number,
    publishes: readonly KeptPublish[],
    failed: (error: RejoinError) => void,
  ): void {
    const queue = this.#queue(room);
    queue.lastNumber = lastNumber;
    for (const { number, data, key, age } of publishes) {
      const entry = newEntry(data ?? "null", key, () => undefined, failed);
      entry.number = number;
      entry.skip = data === undefined;
      entry.told = entry.skip;
      entry.firstSentAt = this.#clock.now() - age;
      this.#add(queue, entry);
    }
  }

  #refusalOf(room: string, bytes: number): RejoinError | undefined {
    const { publishes, bytes: most } = this.#bounds;
    if (bytes > most) {
      const message = `publish to room ${room} takes ${bytes} bytes (expected: at most outboxBytes=${most})`;
      return new RejoinError("too-large", message);
    }
    const full =
      this.#size >= publishes
        ? `${this.#size} publishes (expected: below outboxLimit=${publishes})`
        : `${this.#bytes} bytes and cannot take ${bytes} more (expected: at most outboxBytes=${most})`;
    return this.#size < publishes && this.#bytes + bytes <= most
      ? undefined
      : new RejoinError("outbox-full", `outbox holds ${full}; wait for earlier ones`, { retryable: true });
  }

  #add(queue: RoomQueue, entry: Entry): void {
    queue.entries.push(entry);
    this.#size += 1;
    this.#bytes += entry.bytes;
  }

  #queue(room: string): RoomQueue {
    let queue = this.#rooms.get(room);
    if (queue === undefined) {
      queue = { room, entries: [], lastNumber: 0, pause: undefined, refusals: 0, burst: NO_BURST_LIMIT };
      this.#rooms.set(room, queue);
    }
    return queue;
  }

  #find(error: ErrorFrame): { queue: RoomQueue; entry: Entry } | undefined {
    for (const queue of this.#rooms.values()) {
      const entry = queue.entries.find((one) =>
        error.room !== undefined && error.number !== undefined
          ? error.room === queue.room && error.number === one.number
          : one.ref !== undefined && error.ref === one.ref,
      );
      if (entry !== undefined) {
        return { queue, entry };
      }
    }
    return undefined;
  }

  #remove(queue: RoomQueue, entry: Entry): void {
    queue.entries.splice(queue.entries.indexOf(entry), 1);
    this.#size -= 1;
    this.#bytes -= entry.bytes;
    this.#onWire -= entry.onWire ? 1 : 0;
    entry.onWire = false;
  }

  /** A refusal counts once everything below it is settled: a lower number may have caused it. */
  #actOnLowest(queue: RoomQueue): void {
    const lowest = queue.entries[0];
    const refusal = lowest?.refusal;
    if (lowest === undefined || refusal === undefined) {
      return;
    }
    if (!refusal.retryable) {
      const wasSkip = lowest.skip;
      lowest.skip = true;
      tell(lowest, new RejoinError(refusal.code, refusal.message));
      if (wasSkip) {
        // Even giving it up was refused. It was not applied and is never sent again, so it is settled; `first` says so.
        this.#remove(queue, lowest);
      }
    }
    for (const entry of queue.entries) {
      this.#onWire -= entry.onWire ? 1 : 0;
      entry.onWire = false;
      entry.refusal = undefined;
    }
    if (refusal.code === "rate-limited") {
      // All at once would be refused again, and a broker ends a session that goes on so.
      queue.burst = 1;
    }
    queue.pause?.cancel();
    queue.pause = undefined;
    if (refusal.retryable || refusal.retryAfter !== undefined) {
      queue.pause = this.#clock.after(this.#resendDelay(queue, refusal), () => {
        queue.pause = undefined;
        this.#pump();
      });
    }
  }

  #resendDelay(queue: RoomQueue, refusal: ErrorFrame): number {
    return refusal.retryAfter ?? backoffDelay(queue.refusals++, RESEND_MIN, RESEND_MAX, this.#random);
  }

  #pump(): void {
    if (this.#link !== undefined) {
      for (const queue of [...this.#rooms.values()]) {
        this.#pumpRoom(queue, this.#link);
      }
      this.#watchExpiry();
    }
    this.#forgetIdleRooms();
  }

  #pumpRoom(queue: RoomQueue, link: OutboxLink): void {
    // What is on the wire is always the first part of the queue.
    for (const entry of queue.entries.slice(0, Math.min(queue.burst, link.inflight))) {
      if (queue.pause !== undefined || this.#onWire >= link.inflight) {
        return;
      }
      if (!entry.onWire) {
        this.#send(queue, entry, link);
      }
    }
  }

  #send(queue: RoomQueue, entry: Entry, link: OutboxLink): void {
    const number = entry.number ?? queue.lastNumber + 1;
    const ref = this.#nextRef();
    let frame = this.#encode(queue, entry, number, ref);
    const size = utf8Length(frame);
    if (size > link.message && !entry.skip) {
      const message = `publish to room ${queue.room} takes ${size} bytes (expected: at most ${link.message})`;
      const failure = new RejoinError("too-large", message);
      if (entry.number === undefined) {
        this.#remove(queue, entry);
        tell(entry, failure);
        return;
      }
      // It fitted when it was sent before and may have been applied then: the answer to the skip tells.
      entry.skip = true;
      entry.failure = failure;
      frame = this.#encode(queue, entry, number, ref);
    }
    if (entry.number === undefined) {
      entry.number = number;
      entry.firstSentAt = this.#clock.now();
      queue.lastNumber = number;
    }
    entry.ref = ref;
    entry.onWire = true;
    this.#onWire += 1;
    link.send(frame);
  }

  #encode(queue: RoomQueue, entry: Entry, number: number, ref: number): string {
    const head = { ref, room: queue.room, number, first: queue.entries[0]?.number ?? number };
    if (entry.skip) {
      return encodePublish({ ...head, skip: true }, undefined);
    }
    return encodePublish(entry.key === undefined ? head : { ...head, key: entry.key }, entry.data);
  }

  /** A number that was first sent more than `window` ago may have been forgotten by the broker: a resend could double it. */
  #expire(): void {
    const oldest = this.#clock.now() - this.#window;
    for (const queue of this.#rooms.values()) {
      for (const entry of queue.entries.filter((one) => one.number !== undefined && one.firstSentAt < oldest)) {
        this.#remove(queue, entry);
        tell(entry, unknownOutcome(queue.room, `no answer within the session's window of ${this.#window} ms`));
      }
      this.#actOnLowest(queue);
    }
  }

  #watchExpiry(): void {
    if (this.#expiry !== undefined) {
      return;
    }
    const sent = [...this.#rooms.values()]
      .flatMap((queue) => queue.entries[0] ?? [])
      .filter((one) => one.number !== undefined);
    if (sent.length > 0 && Number.isFinite(this.#window)) {
      const first = Math.min(...sent.map((one) => one.firstSentAt));
      const delay = Math.max(first + this.#window - this.#clock.now(), 0) + 1;
      this.#expiry = this.#clock.after(delay, () => {
        this.#expiry = undefined;
        this.#expire();
        this.#pump();
        this.#watchExpiry();
      });
    }
  }

  /** A room's queue holds its last number, which only matters within one session; the bound is the session's rooms. */
  #forgetIdleRooms(): void {
    for (const [room, queue] of this.#rooms) {
      if (queue.entries.length === 0 && queue.lastNumber === 0) {
        this.#rooms.delete(room);
      }
    }
  }
}
