import assert from "node:assert/strict";
import type { ClientFrame, Hello, HelloRoom, Position, Publish } from "../src/frames.js";
import type { WebSocketLike } from "../src/socket.js";
import type { ManualClock } from "./manual-clock.js";

/** A small generator of pseudo-random numbers in [0, 1), so that a seed gives the same run again. */
export function seeded(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Entry {
  readonly position: Position;
  readonly data: number;
  readonly key: string | undefined;
}

type Handler = (event: never) => void;

/**
 * Rooms, numbers and sessions as docs/protocol.md defines them, behind sockets that delay, cut and lose messages.
 *
 * What a client has sent before a cut may still arrive, late; what was sent to it is lost. Refusals are random, and an
 * `unavailable` publish may have been applied. Sockets are full at times; a member with `latest` then gets only the newest
 * value per key, and gaps in the places of the others.
 */
export class ModelBroker {
  readonly log: Entry[] = [];
  readonly sockets: ModelSocket[] = [];
  readonly clock: ManualClock;
  readonly random: () => number;
  /** Switched off for the end of a run. */
  faults = true;
  epoch = 1;
  attempt = -1;
  last = 0;
  /** No client that has heard a `retry-after` may come earlier. */
  earliest = 0;
  refused = 0;
  readonly applied = new Map<number, Position>();

  constructor(clock: ManualClock, random: () => number) {
    this.clock = clock;
    this.random = random;
  }

  readonly connect = (): WebSocketLike => {
    assert.ok(this.clock.now() >= this.earliest, "the client came back earlier than retry-after said");
    const socket = new ModelSocket(this);
    this.sockets.push(socket);
    return socket;
  };

  chance(probability: number): boolean {
    return this.faults && this.random() < probability;
  }

  /** Takes a publish as PB-5, PB-7, PB-9 and PB-11 say; returns the answer. */
  publish(frame: Publish): object {
    const { ref, room, number = 0, first = number, skip } = frame;
    const due = Math.max(this.last, first - 1) + 1;
    const about = { type: "error", ref, room, number, message: "", retryable: true };
    if (number > due) {
      return { ...about, code: "out-of-order", expected: due };
    }
    if (number === due && !skip) {
      const data = frame.data as number;
      if (data % 13 === 0) {
        return { ...about, code: "forbidden", retryable: false };
      }
      if (this.chance(0.05)) {
        return { ...about, code: "unavailable", retryAfter: 30 };
      }
      this.#append(number, data, frame.key);
      if (this.chance(0.05)) {
        return { ...about, code: "internal" };
      }
    }
    this.last = Math.max(this.last, number);
    const position = this.applied.get(number);
    return { type: "ack", ref, room, number, ...(position === undefined ? {} : { position }) };
  }

  #append(number: number, data: number, key: string | undefined): void {
    const position = { epoch: `e${this.epoch}`, offset: this.log.length + 1 };
    this.last = number;
    this.applied.set(number, position);
    this.log.push({ position, data, key });
    for (const socket of this.sockets) {
      socket.deliver();
    }
  }
}

/** One connection of the model. */
export class ModelSocket implements WebSocketLike {
  readonly #broker: ModelBroker;
  readonly #handlers = new Map<string, Handler>();
  #toServer = 0;
  #toClient = 0;
  #cut = false;
  #served = true;
  #greeted = false;
  /** Offset of the last publication sent; `undefined` while not joined. */
  #cursor: number | undefined;
  #toldEpoch = "";
  #latest = false;
  #full = false;

  constructor(broker: ModelBroker) {
    this.#broker = broker;
    this.#later("toClient", () => this.#emit("open", {}));
  }

  addEventListener(type: string, handler: Handler): void {
    this.#handlers.set(type, handler);
  }

  send(message: string): void {
    this.#later("toServer", () => this.#receive(message));
  }

  close(): void {
    this.#cut = true;
    this.#later("toServer", () => {
      this.#served = false;
    });
  }

  get alive(): boolean {
    return this.#greeted && this.#served && !this.#cut;
  }

  /** The network loses the connection: the client notices, the node perhaps later. */
  lose(): void {
    this.#cut = true;
    this.#handlersOf("close")?.({ code: 1006, reason: "" } as never);
    this.#later("toServer", () => {
      this.#served = false;
    });
  }

  reply(...frames: object[]): void {
    const message = JSON.stringify(frames.length === 1 ? frames[0] : frames);
    this.#later("toClient", () => this.#emit("message", { data: message }));
  }

  /** Sends what is new in the room. */
  deliver(): void {
    if (this.#cursor === undefined || !this.#served || this.#full) {
      return;
    }
    if (this.#broker.chance(0.2)) {
      this.#full = true;
      this.#broker.clock.after(Math.floor(this.#broker.random() * 200), () => {
        this.#full = false;
        this.deliver();
      });
      return;
    }
    const fresh = this.#broker.log.slice(this.#cursor);
    this.#cursor += fresh.length;
    const frames = this.#latest ? this.#newest(fresh) : fresh.map((entry) => this.#publication(entry));
    if (frames.length > 0) {
      this.reply(...frames);
    }
  }

  #publication({ position: { epoch, offset }, data, key }: Entry): object {
    const told = epoch === this.#toldEpoch ? {} : { epoch };
    this.#toldEpoch = epoch;
    return { type: "publication", room: "a", offset, ...told, time: 1, data, ...(key === undefined ? {} : { key }) };
  }

  /** The newest value per key, and a gap for every stretch of older ones. */
  #newest(fresh: readonly Entry[]): object[] {
    const frames: object[] = [];
    let from: number | undefined;
    fresh.forEach((entry, i) => {
      const superseded = fresh.slice(i + 1).some(({ key }) => key !== undefined && key === entry.key);
      if (superseded) {
        from ??= entry.position.offset;
        return;
      }
      const before = fresh[i - 1]?.position;
      if (from !== undefined && before !== undefined) {
        this.#toldEpoch = before.epoch;
        frames.push({ type: "gap", room: "a", reason: "conflated", from, to: before.offset, position: before });
        from = undefined;
      }
      frames.push(this.#publication(entry));
    });
    return frames;
  }

  #receive(message: string): void {
    const parsed = JSON.parse(message) as ClientFrame | ClientFrame[];
    for (const frame of Array.isArray(parsed) ? parsed : [parsed]) {
      if (!this.#served) {
        return;
      }
      if (frame.type === "hello") {
        this.#hello(frame);
      } else if (frame.type === "publish") {
        this.reply(this.#broker.publish(frame));
      } else if (frame.type === "join") {
        this.reply({ ...this.#join(frame), ref: frame.ref });
        this.deliver();
      } else if (frame.type === "leave") {
        this.#cursor = undefined;
        this.reply({ type: "left", room: "a", ref: frame.ref });
      }
    }
  }

  #hello(hello: Hello): void {
    const broker = this.#broker;
    const attempt = hello.session === undefined ? 0 : (hello.session.attempt ?? 0);
    if (attempt < broker.attempt) {
      this.#end(4503);
      return;
    }
    if (broker.chance(0.1)) {
      broker.refused += 1;
      this.#refuse(4004, Math.floor(broker.random() * 300));
      return;
    }
    for (const other of broker.sockets.filter((socket) => socket !== this && socket.#greeted && socket.#served)) {
      other.#end(4503);
    }
    broker.attempt = attempt;
    this.#greeted = true;
    const unavailable = { code: "unavailable", message: "", retryable: true, retryAfter: 40 };
    const rooms = (hello.rooms ?? []).map((room) =>
      broker.chance(0.1) ? { type: "joined", room: "a", error: unavailable } : this.#join(room),
    );
    this.reply({
      type: "welcome",
      session: { id: "s1", secret: "x", publisher: "p1", resumed: attempt > 0, window: 1e9 },
      node: "n1",
      heartbeat: { interval: 1e8, timeout: 1e8 },
      limits: { message: 400, rooms: 4, inflight: 5 },
      rooms,
    });
    this.deliver();
  }

  #join({ position: asked, delivery }: HelloRoom): object {
    const log = this.#broker.log;
    this.#latest = delivery === "latest";
    this.#cursor = asked?.offset ?? (this.#latest ? 0 : log.length);
    this.#toldEpoch = log[this.#cursor - 1]?.position.epoch ?? "e1";
    const position = { epoch: this.#toldEpoch, offset: this.#cursor };
    return { type: "joined", room: "a", position, outcome: asked === undefined ? "live" : "resumed" };
  }

  #refuse(code: number, retryAfter: number): void {
    this.#served = false;
    this.#later("toClient", () => {
      if (!this.#cut) {
        this.#broker.earliest = this.#broker.clock.now() + retryAfter;
      }
      this.#emit("close", { code, reason: `retry-after=${retryAfter}` });
    });
  }

  #end(code: number): void {
    this.#served = false;
    this.#later("toClient", () => this.#emit("close", { code, reason: "" }));
  }

  #emit(type: string, event: object): void {
    if (!this.#cut) {
      this.#handlersOf(type)?.(event as never);
    }
  }

  #handlersOf(type: string): Handler | undefined {
    return this.#handlers.get(type);
  }

  /** Messages of one direction keep their order; how long they take is random. */
  #later(direction: "toServer" | "toClient", task: () => void): void {
    const { clock, random } = this.#broker;
    const now = clock.now();
    const before = direction === "toServer" ? this.#toServer : this.#toClient;
    const at = Math.max(before, now + Math.floor(random() * 30));
    if (direction === "toServer") {
      this.#toServer = at;
    } else {
      this.#toClient = at;
    }
    clock.after(at - now, task);
  }
}
