import { backoffDelay } from "./backoff.js";
import type { Timer } from "./clock.js";
import { encode } from "./codec.js";
import { ERROR_CODES } from "./codes.js";
import type { Connection } from "./connection.js";
import { Emitter, type Listener } from "./emitter.js";
import { errorOf, RejoinError } from "./errors.js";
import type { Joined, Publication, RoomEvents, RoomOutcome } from "./events.js";
import type {
  ErrorFrame,
  FrameError,
  GapFrame,
  HelloRoom,
  JoinedFrame,
  JoinRefusedFrame,
  LeftFrame,
  Position,
  PublicationFrame,
  Ref,
  StartPosition,
} from "./frames.js";
import type { HistoryOptions, HistoryPage } from "./history.js";
import { checkRoomOptions } from "./options.js";
import type { PublishOptions, Room, RoomOptions } from "./room.js";
import { RoomStream, type StreamHost } from "./stream.js";

/** What a room needs of its client. */
export interface RoomHost extends StreamHost {
  readonly random: () => number;
  /** Why nothing can be joined, when the client is closed. */
  closed(): RejoinError | undefined;
  /** The welcomed connection, unless a newer one has said hello. */
  link(): Connection | undefined;
  nextRef(): number;
  pending(room: string): number;
  publish(room: string, data: unknown, key: string | undefined): Promise<Position | undefined>;
  publishEphemeral(room: string, data: unknown, key: string | undefined): boolean;
  history(room: string, options: HistoryOptions): Promise<HistoryPage<unknown>>;
  listenerFailed(event: string, thrown: unknown): void;
}

const REJOIN_MIN = 250;
const REJOIN_MAX = 10_000;

/**
 * Membership of one room and the handle that the application holds.
 *
 * What the application wants (`#wanted`) is kept apart from what the present connection has (`#phase`), so that a
 * reconnect needs nothing from the application. `#wish` counts changes of mind: a reply to an earlier one is undone.
 */
export class LiveRoom<T> implements Room<T> {
  readonly name: string;
  readonly #host: RoomHost;
  readonly #emitter: Emitter<RoomEvents<T>>;
  readonly #stream: RoomStream<T>;
  readonly #joins: { resolve: (joined: Joined) => void; reject: (error: RejoinError) => void }[] = [];
  readonly #leaves = new Map<Ref, () => void>();
  #options: RoomOptions;
  #wanted = false;
  #wish = 0;
  #phase: "out" | "joining" | "joined" = "out";
  #link: Connection | undefined;
  #joinRef: Ref | undefined;
  #asked: StartPosition | undefined;
  #helloWish = -1;
  #helloAsked: StartPosition | undefined;
  #retry: Timer | undefined;
  #refusals = 0;
  #last: Joined | undefined;

  constructor(name: string, options: RoomOptions, host: RoomHost) {
    this.name = name;
    checkRoomOptions(options);
    this.#options = options;
    this.#host = host;
    this.#emitter = new Emitter((event, thrown) => host.listenerFailed(`${event} of room ${name}`, thrown));
    this.#stream = new RoomStream<T>(name, this.#emitter, host);
  }

  get position(): Position | undefined {
    return this.#stream.position;
  }

  get pending(): number {
    return this.#host.pending(this.name);
  }

  get joined(): boolean {
    return this.#phase === "joined";
  }

  /** Whether the application wants to be a member. */
  get wanted(): boolean {
    return this.#wanted;
  }

  on<K extends keyof RoomEvents<T>>(event: K, listener: Listener<RoomEvents<T>[K]>): () => void {
    return this.#emitter.on(event, listener);
  }

  off<K extends keyof RoomEvents<T>>(event: K, listener: Listener<RoomEvents<T>[K]>): void {
    this.#emitter.off(event, listener);
  }

  join(options?: RoomOptions): Promise<Joined> {
    const closed = this.#host.closed();
    if (closed !== undefined) {
      return Promise.reject(closed);
    }
    if (this.#wanted && options !== undefined) {
      const message = `room ${this.name} is joined; leave it before a join with other options`;
      return Promise.reject(new RejoinError("already-joined", message));
    }
    if (this.#phase === "joined" && this.#last !== undefined) {
      return Promise.resolve(this.#last);
    }
    if (options !== undefined) {
      try {
        this.configure(options);
      } catch (fault) {
        return Promise.reject(fault);
      }
      this.#stream.reset();
    }
    const joined = new Promise<Joined>((resolve, reject) => this.#joins.push({ resolve, reject }));
    if (!this.#wanted) {
      this.#wanted = true;
      this.#wish += 1;
      this.#sendJoin(this.#host.link());
    }
    return joined;
  }

  leave(): Promise<void> {
    if (!this.#wanted) {
      return Promise.resolve();
    }
    const link = this.#phase === "out" ? undefined : this.#link;
    this.#quit(new RejoinError("left", `room ${this.name} was left while joining`));
    this.#emitter.emit("left", { room: this.name, rejoins: false });
    return link === undefined ? Promise.resolve() : new Promise((resolve) => this.#sendLeave(link, resolve));
  }

  publish(data: T, options: PublishOptions = {}): Promise<Position | undefined> {
    return this.#host.publish(this.name, data, options.key);
  }

  publishEphemeral(data: T, options: PublishOptions = {}): boolean {
    return this.#host.publishEphemeral(this.name, data, options.key);
  }

  history(options: HistoryOptions = {}): Promise<HistoryPage<T>> {
    return this.#host.history(this.name, options) as Promise<HistoryPage<T>>;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Publication<T>> {
    return this.#stream.feed(this.#wanted);
  }

  /** Options for the next join that begins anew. Throws a `bad-request` error. */
  configure(options: RoomOptions): void {
    checkRoomOptions(options);
    this.#options = options;
  }

  /** Takes a position that was kept from an earlier client. */
  restore(position: Position): void {
    this.#stream.restore(position);
  }

  /** What a `hello` says of this room. */
  hello(): HelloRoom {
    this.#helloWish = this.#wish;
    this.#helloAsked = this.#stream.position ?? this.#options.position;
    return this.#request(this.#helloAsked);
  }

  /** A new connection counts from now on; `reply` is what its welcome says of this room. */
  welcomed(link: Connection, reply: JoinedFrame | JoinRefusedFrame | undefined): RoomOutcome | undefined {
    this.unlink();
    const asked = this.#helloAsked;
    const meant = this.#wanted && this.#helloWish === this.#wish;
    this.#helloWish = -1;
    if (reply !== undefined && meant) {
      this.#link = link;
      this.#phase = "joining";
      this.#asked = asked;
      return this.#replied(reply);
    }
    if (reply !== undefined && reply.error === undefined) {
      this.#sendLeave(link, () => undefined);
    }
    return undefined;
  }

  /** Joins what the welcome did not bring: what did not fit into the hello, and what was wanted since. */
  joinMissing(link: Connection): void {
    if (this.#wanted && this.#phase === "out" && this.#retry === undefined) {
      this.#sendJoin(link);
    }
  }

  /** The connection is gone, or no longer counts. */
  unlink(): void {
    this.#link = undefined;
    this.#phase = "out";
    this.#joinRef = undefined;
    this.#retry?.cancel();
    this.#retry = undefined;
    for (const resolve of this.#leaves.values()) {
      resolve();
    }
    this.#leaves.clear();
  }

  onJoined(link: Connection, frame: JoinedFrame | JoinRefusedFrame): void {
    if (link === this.#link && this.#phase === "joining" && frame.ref === this.#joinRef) {
      this.#replied(frame);
    }
  }

  onPublication(link: Connection, frame: PublicationFrame): void {
    if (link !== this.#link || this.#phase !== "joined") {
      return;
    }
    if (this.#stream.publication(frame) === "broken") {
      this.#breakOff(link, `publication ${frame.offset} of epoch ${frame.epoch ?? "as before"}`);
    }
  }

  onGap(link: Connection, frame: GapFrame): void {
    if (link !== this.#link || this.#phase !== "joined") {
      return;
    }
    if (this.#stream.gap(frame) === "broken") {
      this.#breakOff(link, `a gap up to ${frame.position.offset}`);
    }
  }

  onLeft(link: Connection, frame: LeftFrame): void {
    if (frame.ref !== undefined) {
      this.#settleLeave(frame.ref);
    } else if (link === this.#link && this.#phase === "joined") {
      const code = frame.code ?? "unavailable";
      this.#lose({ code, message: `the broker ended the membership: ${code}`, retryable: isRetryable(code) });
    }
  }

  /** Takes an error frame; tells whether it was about this room's membership. */
  onError(link: Connection, error: ErrorFrame): boolean {
    if (error.ref !== undefined && this.#leaves.has(error.ref)) {
      this.#leaveRefused(link, error, error.ref);
      return true;
    }
    if (link === this.#link && this.#phase === "joining" && error.ref !== undefined && error.ref === this.#joinRef) {
      this.#refused(error);
      return true;
    }
    return false;
  }

  /** The client is closed: the membership ends; `position` stays. */
  close(error: RejoinError): void {
    this.unlink();
    if (this.#wanted) {
      this.#quit(error);
      this.#emitter.emit("left", { room: this.name, code: error.code, rejoins: false });
    }
  }

  #request(position: StartPosition | undefined): HelloRoom {
    const { history, delivery } = this.#options;
    return {
      room: this.name,
      ...(position === undefined ? {} : { position }),
      ...(position !== undefined || history === undefined ? {} : { history }),
      ...(delivery === undefined ? {} : { delivery }),
    };
  }

  #sendJoin(link: Connection | undefined): void {
    if (link === undefined) {
      return;
    }
    this.#link = link;
    this.#phase = "joining";
    this.#joinRef = this.#host.nextRef();
    this.#asked = this.#stream.position ?? this.#options.position;
    link.send(encode({ type: "join", ref: this.#joinRef, ...this.#request(this.#asked) }));
  }

  #sendLeave(link: Connection, done: () => void): void {
    const ref = this.#host.nextRef();
    this.#leaves.set(ref, done);
    link.send(encode({ type: "leave", ref, room: this.name }));
  }

  #replied(reply: JoinedFrame | JoinRefusedFrame): RoomOutcome {
    if (reply.error !== undefined) {
      this.#refused(reply.error);
      return { room: this.name, outcome: "error", code: reply.error.code };
    }
    const { outcome, position } = reply;
    const [step, skipped] = this.#stream.joined(outcome, this.#asked, position, reply.gap);
    if (step === "broken") {
      this.#breakOff(this.#link, `joined ${outcome} at ${position.offset}, asked for ${this.#asked?.offset ?? "none"}`);
      return { room: this.name, outcome: "error", code: "broken-stream" };
    }
    this.#phase = "joined";
    this.#joinRef = undefined;
    this.#refusals = 0;
    const wish = this.#wish;
    const gap = this.#stream.opened(position, skipped);
    const joined = { room: this.name, outcome, position, ...(gap === undefined ? {} : { gap }) };
    if (wish === this.#wish) {
      this.#last = joined;
      this.#emitter.emit("joined", joined);
      for (const { resolve } of this.#joins.splice(0)) {
        resolve(joined);
      }
    }
    return { room: this.name, outcome, ...(gap === undefined ? {} : { gap }) };
  }

  #refused(error: FrameError): void {
    if (error.code === "already-joined" && this.#link !== undefined) {
      // The broker has a membership whose position is not known here: end it and begin again.
      this.#sendLeave(this.#link, () => undefined);
      this.#sendJoin(this.#link);
    } else {
      this.#lose(error);
    }
  }

  /** Not a member any more: joins again when that can help, else tells the application. */
  #lose(error: FrameError): void {
    const wasMember = this.#phase === "joined";
    const link = this.#link;
    if (error.retryable) {
      this.#phase = "out";
      this.#joinRef = undefined;
      const { clock, random } = this.#host;
      const delay = error.retryAfter ?? backoffDelay(this.#refusals++, REJOIN_MIN, REJOIN_MAX, random);
      this.#retry = clock.after(delay, () => {
        this.#retry = undefined;
        this.#sendJoin(link === this.#host.link() ? link : undefined);
      });
    } else {
      this.#quit(errorOf(error));
    }
    if (wasMember || !error.retryable) {
      this.#emitter.emit("left", { room: this.name, code: error.code, rejoins: error.retryable });
    }
  }

  /** The application is no member any more: settles joins and iterators. */
  #quit(error: RejoinError): void {
    this.#wanted = false;
    this.#wish += 1;
    this.#phase = "out";
    this.#joinRef = undefined;
    this.#retry?.cancel();
    this.#retry = undefined;
    for (const { reject } of this.#joins.splice(0)) {
      reject(error);
    }
    this.#stream.end(error.code === "left" || error.code === "closed" ? undefined : error);
  }

  #leaveRefused(link: Connection, error: ErrorFrame, ref: Ref): void {
    if (error.retryable && !this.#wanted) {
      const done = this.#leaves.get(ref) ?? (() => undefined);
      this.#leaves.delete(ref);
      this.#host.clock.after(error.retryAfter ?? REJOIN_MIN, () => {
        if (this.#wanted || link.over) {
          done();
        } else {
          this.#sendLeave(link, done);
        }
      });
    } else {
      this.#settleLeave(ref);
    }
  }

  #settleLeave(ref: Ref): void {
    this.#leaves.get(ref)?.();
    this.#leaves.delete(ref);
  }

  #breakOff(link: Connection | undefined, found: string): void {
    const { epoch, offset } = this.position ?? { epoch: "none", offset: "none" };
    link?.breakOff(`room ${this.name}: ${found} cannot follow offset ${offset} of epoch ${epoch}`);
  }
}

function isRetryable(code: string): boolean {
  return Object.hasOwn(ERROR_CODES, code) && ERROR_CODES[code as keyof typeof ERROR_CODES].retryable;
}
