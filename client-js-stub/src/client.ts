import { encode } from "./codec.js";
import { CLOSE_CODES, closeCodeName } from "./codes.js";
import { type Connection, type Ending, wasTooBig } from "./connection.js";
import { Emitter, type Listener } from "./emitter.js";
import { errorOf, RejoinError } from "./errors.js";
import type { ClientEvents, RoomOutcome, SessionInfo } from "./events.js";
import type { ErrorFrame, Position, ServerFrame, Welcome } from "./frames.js";
import { encodeHello } from "./hello.js";
import { type HistoryOptions, type HistoryPage, toPage } from "./history.js";
import { KnownLimits } from "./limits.js";
import { LiveRoom, type RoomHost } from "./membership.js";
import { checkHistoryOptions, checkRoom, type RejoinOptions, type Settings, settingsOf } from "./options.js";
import { Outbox } from "./outbox.js";
import { Publisher } from "./publisher.js";
import { Reconnector, type ReconnectorListener } from "./reconnector.js";
import { Requests } from "./requests.js";
import type { Room, RoomOptions } from "./room.js";
import { OwnSession, type SavedSession } from "./session.js";
import type { ClientState } from "./states.js";

/**
 * Client of a Rejoin cluster: one session over any number of connections, to any of the nodes.
 *
 * It reconnects by itself, resumes its rooms from their positions, and sends unacknowledged publishes again, so that the
 * application sees every publication once and in order, or is told of the gap.
 *
 * Threading: belongs to one event loop. Failure: nothing is dropped silently; promises are always settled, and what has
 * no promise comes as an event.
 */
export class RejoinClient {
  readonly #settings: Settings;
  readonly #emitter: Emitter<ClientEvents>;
  readonly #rooms = new Map<string, LiveRoom<unknown>>();
  readonly #session = new OwnSession();
  readonly #outbox: Outbox;
  readonly #publisher: Publisher;
  readonly #requests = new Requests();
  readonly #limits = new KnownLimits();
  readonly #reconnector: Reconnector;
  readonly #host: RoomHost;
  readonly #onOnline = () => this.#reconnector.networkIsBack();
  readonly #onOffline = () => this.#reconnector.networkIsGone();
  /** The connection that joins and publishes go out on. */
  #link: Connection | undefined;
  /** The connection that has said bye. */
  #leaving: { connection: Connection; done: () => void } | undefined;
  #closed: RejoinError | undefined;
  #closing: Promise<void> = Promise.resolve();
  #downSince: number | undefined;
  #helloAt = 0;
  #lastRef = 0;

  constructor(options: RejoinOptions) {
    const settings = settingsOf(options);
    const nextRef = () => ++this.#lastRef;
    this.#settings = settings;
    this.#emitter = new Emitter((event, thrown) => this.#listenerFailed(event, thrown));
    const bounds = { publishes: settings.outboxLimit, bytes: settings.outboxBytes };
    this.#outbox = new Outbox(settings.clock, settings.random, bounds, nextRef);
    this.#publisher = new Publisher(this.#outbox, this.#limits, settings.clock);
    this.#host = this.#makeHost(nextRef);
    this.#reconnector = new Reconnector(settings, this.#makeListener());
    if (options.session !== undefined) {
      this.#restore(options.session);
    }
  }

  get state(): ClientState {
    return this.#reconnector.state;
  }

  /** Name of the node that the client is connected to. */
  get node(): string | undefined {
    return this.#reconnector.current?.welcome?.node;
  }

  /** URL that the client is connected to. */
  get url(): string | undefined {
    return this.#reconnector.current?.url;
  }

  /** The session, from the first welcome on. */
  get session(): SessionInfo | undefined {
    return this.#session.info;
  }

  /** Begins to connect; does nothing while the client is connected or tries to be. */
  connect(): void {
    if (this.state !== "idle" && this.state !== "closed") {
      return;
    }
    this.#leaving?.done();
    this.#closed = undefined;
    this.#downSince = this.#settings.clock.now();
    this.#settings.network?.addEventListener("online", this.#onOnline);
    this.#settings.network?.addEventListener("offline", this.#onOffline);
    this.#reconnector.start();
  }

  /**
   * Ends the session: rooms are left, publishes that are on their way are still acknowledged, the rest is rejected.
   * Resolves when the broker has answered, or after `closeTimeout`.
   */
  close(): Promise<void> {
    if (this.#closed !== undefined) {
      return this.#closing;
    }
    const error = new RejoinError("closed", "the client is closed");
    this.#closed = error;
    const newest = this.#reconnector.finish("close", "");
    this.#endRooms(error);
    this.#closing = newest === undefined ? Promise.resolve(this.#endSession(error)) : this.#sayBye(newest, error);
    return this.#closing;
  }

  /** The handle of a room; always the same one for a name. Options are those of the first join. */
  room<T = unknown>(name: string, options?: RoomOptions): Room<T> {
    checkRoom(name);
    let room = this.#rooms.get(name);
    if (room === undefined) {
      room = new LiveRoom<unknown>(name, options ?? {}, this.#host);
      this.#rooms.set(name, room);
    } else if (options !== undefined) {
      if (room.wanted) {
        throw new RejoinError("already-joined", `room ${name} is joined; its options cannot change`);
      }
      room.configure(options);
    }
    // The type of the data is the application's claim; the broker carries any JSON.
    return room as unknown as Room<T>;
  }

  /** Adds a listener; returns a function that removes it. */
  on<K extends keyof ClientEvents>(event: K, listener: Listener<ClientEvents[K]>): () => void {
    return this.#emitter.on(event, listener);
  }

  off<K extends keyof ClientEvents>(event: K, listener: Listener<ClientEvents[K]>): void {
    this.#emitter.off(event, listener);
  }

  /** The session in a form that a later client can take over; `undefined` before the first welcome. */
  saveSession(): SavedSession | undefined {
    const kept = new Map(this.#outbox.keep().map((room) => [room.room, room]));
    const names = new Set([...this.#rooms.keys(), ...kept.keys()]);
    const rooms = [...names].map((room) => {
      const position = this.#rooms.get(room)?.position;
      const { lastNumber, publishes } = kept.get(room) ?? { lastNumber: 0, publishes: [] };
      return { room, lastNumber, publishes, ...(position === undefined ? {} : { position }) };
    });
    return this.#session.save(rooms);
  }

  #restore(saved: SavedSession): void {
    const age = Math.max(Date.now() - saved.savedAt, 0);
    this.#session.restore(saved);
    for (const { room, position, lastNumber, publishes } of saved.rooms) {
      const aged = publishes.map((publish) => ({ ...publish, age: publish.age + age }));
      this.#outbox.restore(room, lastNumber, aged, (error) => this.#report(error));
      if (position !== undefined) {
        this.room(room);
        this.#rooms.get(room)?.restore(position);
      }
    }
  }

  #makeHost(nextRef: () => number): RoomHost {
    const { clock, random, feedLimit } = this.#settings;
    return {
      clock,
      random,
      feedLimit,
      nextRef,
      closed: () => this.#closed,
      link: () => this.#link,
      pending: (room) => this.#outbox.pending(room),
      publish: (room, data, key) => this.#publish(room, data, key),
      publishEphemeral: (room, data, key) => this.#publisher.publishEphemeral(this.#sender(), room, data, key),
      history: (room, options) => this.#history(room, options),
      gap: (gap) => this.#emitter.emit("gap", gap),
      listenerFailed: (event, thrown) => this.#listenerFailed(event, thrown),
    };
  }

  #makeListener(): ReconnectorListener {
    return {
      hasSession: () => this.#session.exists,
      hello: (_, token) => this.#hello(token),
      welcomed: (connection, welcome) => this.#welcomed(connection, welcome),
      received: (connection, frame) => this.#received(connection, frame),
      ended: (connection, ending) => this.#ended(connection, ending),
      stateChanged: (change) => this.#emitter.emit("state", change),
      stopped: (ending) => this.#stopped(ending),
      failed: (error) => this.#report(error),
    };
  }

  /** From here on only the new connection may be published on; what it must resend it learns from its welcome. */
  #hello(token: string | undefined): string {
    this.#unlink();
    this.#helloAt = this.#settings.clock.now();
    const interval = this.#settings.heartbeat;
    const who = {
      ...(token === undefined ? {} : { token }),
      ...this.#session.greet(),
      ...(interval === undefined ? {} : { heartbeat: { interval } }),
    };
    return encodeHello(who, this.#rooms.values(), this.#limits);
  }

  #welcomed(connection: Connection, welcome: Welcome): void {
    const interruption = this.#downSince === undefined ? 0 : this.#settings.clock.now() - this.#downSince;
    const roundTrip = this.#settings.clock.now() - this.#helloAt;
    this.#downSince = undefined;
    const session = this.#session.adopt(welcome.session);
    if (session === "replaced") {
      this.#outbox.beginSession();
    }
    this.#limits.tell(welcome.limits);
    connection.limitMessages(this.#limits.message);
    const { node } = welcome;
    const { url } = connection;
    const info = this.#session.info;
    if (info !== undefined) {
      this.#emitter.emit("welcome", { node, url, session: info });
    }
    const rooms = this.#applyRooms(connection, welcome);
    // A listener may have closed the client, or a room may have found the stream broken.
    if (connection.over || this.#reconnector.newest !== connection) {
      return;
    }
    this.#attach(connection, welcome);
    this.#emitter.emit("outcome", { session, node, url, interruption, roundTrip, rooms });
  }

  #applyRooms(connection: Connection, welcome: Welcome): RoomOutcome[] {
    const replies = new Map(welcome.rooms.map((reply) => [reply.room, reply]));
    const outcomes: RoomOutcome[] = [];
    for (const room of [...this.#rooms.values()]) {
      if (this.#reconnector.newest === connection && !connection.over) {
        outcomes.push(...[room.welcomed(connection, replies.get(room.name)) ?? []].flat());
      }
    }
    return outcomes;
  }

  #attach(connection: Connection, welcome: Welcome): void {
    const send = (frame: string) => connection.send(frame);
    this.#link = connection;
    for (const room of this.#rooms.values()) {
      room.joinMissing(connection);
    }
    this.#outbox.attach({
      send,
      message: this.#limits.message,
      inflight: welcome.limits.inflight,
      window: welcome.session.window,
    });
    this.#requests.attach(send);
  }

  #unlink(): void {
    this.#link = undefined;
    this.#outbox.detach();
    this.#requests.detach();
  }

  #received(connection: Connection, frame: ServerFrame): void {
    switch (frame.type) {
      case "publication":
        this.#rooms.get(frame.room)?.onPublication(connection, frame);
        break;
      case "gap":
        this.#rooms.get(frame.room)?.onGap(connection, frame);
        break;
      case "ack":
        // From an old connection, too: it is closed before a session can be replaced.
        this.#outbox.acknowledged(frame);
        break;
      case "joined":
        if (this.#isNewest(connection)) {
          this.#rooms.get(frame.room)?.onJoined(connection, frame);
        }
        break;
      case "left":
        this.#rooms.get(frame.room)?.onLeft(connection, frame);
        break;
      case "history":
        this.#requests.answered(frame);
        break;
      case "goaway":
        if (connection === this.#reconnector.newest) {
          this.#reconnector.leave(frame);
        }
        break;
      case "error":
        if (this.#isNewest(connection)) {
          this.#onError(connection, frame);
        }
        break;
    }
  }

  #isNewest(connection: Connection): boolean {
    return connection === this.#reconnector.newest || connection === this.#leaving?.connection;
  }

  #onError(connection: Connection, error: ErrorFrame): void {
    const taken =
      this.#outbox.refused(error) ||
      error.number !== undefined ||
      this.#requests.refused(error) ||
      [...this.#rooms.values()].some((room) => room.onError(connection, error));
    if (!taken) {
      if (error.code === "rate-limited") {
        // Durable publishes, joins and requests are answered by number or ref: this is about an ephemeral publish.
        this.#publisher.holdEphemeral(error.retryAfter);
      }
      this.#report(errorOf(error, error.room === undefined ? "" : ` (room ${error.room})`));
    }
  }

  #ended(connection: Connection, ending: Ending): void {
    if (wasTooBig(ending)) {
      this.#limits.learn(connection);
    }
    if (connection === this.#leaving?.connection) {
      this.#leaving.done();
    } else if (connection === this.#reconnector.current) {
      this.#downSince = this.#settings.clock.now();
      if (connection === this.#link) {
        this.#unlink();
      }
      for (const room of this.#rooms.values()) {
        room.unlink();
      }
    }
    this.#tellSlow(connection, ending);
  }

  /** The close of an older connection means nothing. */
  #tellSlow(connection: Connection, { code, retryAfter }: Ending): void {
    const node = connection.welcome?.node;
    if (code === CLOSE_CODES["slow-consumer"] && node !== undefined && connection === this.#reconnector.newest) {
      this.#emitter.emit("slow", {
        node,
        url: connection.url,
        ...(retryAfter === undefined ? {} : { retryAfter }),
      });
    }
  }

  #stopped(ending: Ending): void {
    const name = (typeof ending.code === "number" && closeCodeName(ending.code)) || "stopped";
    const message = `the broker ended the session: ${ending.code} ${name} ${ending.reason}`.trimEnd();
    const error = new RejoinError("stopped", message);
    this.#closed = error;
    this.#closing = Promise.resolve();
    this.#endRooms(error);
    this.#endSession(error);
    this.#report(error);
  }

  #endRooms(error: RejoinError): void {
    this.#settings.network?.removeEventListener("online", this.#onOnline);
    this.#settings.network?.removeEventListener("offline", this.#onOffline);
    this.#link = undefined;
    this.#requests.detach();
    this.#requests.close(error);
    for (const room of this.#rooms.values()) {
      room.close(error);
    }
  }

  #endSession(why: RejoinError): void {
    this.#outbox.close(why);
    this.#session.end();
    this.#limits.tell(undefined);
    this.#downSince = undefined;
  }

  #sayBye(connection: Connection, why: RejoinError): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.#settings.clock.after(this.#settings.closeTimeout, () => this.#leaving?.done());
      const done = () => {
        timer.cancel();
        this.#leaving = undefined;
        connection.close();
        this.#endSession(why);
        resolve();
      };
      this.#leaving = { connection, done };
      connection.send(encode({ type: "bye" }));
      connection.flush();
    });
  }

  #sender(): ((frame: string) => void) | undefined {
    const link = this.#link;
    return link && ((frame) => link.send(frame));
  }

  async #publish(room: string, data: unknown, key: string | undefined): Promise<Position | undefined> {
    if (this.#closed !== undefined) {
      throw this.#closed;
    }
    return this.#publisher.publish(room, data, key);
  }

  async #history(room: string, options: HistoryOptions): Promise<HistoryPage> {
    if (this.#closed !== undefined) {
      throw this.#closed;
    }
    checkHistoryOptions(options);
    const frame = { type: "history" as const, ref: ++this.#lastRef, room, ...options };
    return toPage(await this.#requests.ask(frame));
  }

  #listenerFailed(event: string, thrown: unknown): void {
    const error = new RejoinError("listener-failed", `a listener of ${event} threw`, { cause: thrown });
    if (event === "error") {
      console.error(error);
    } else {
      this.#report(error);
    }
  }

  /** An error that nobody listens for must not vanish. */
  #report(error: RejoinError): void {
    if (!this.#emitter.emit("error", error)) {
      console.error(error);
    }
  }
}
