import assert from "node:assert/strict";
import { RejoinClient, type RejoinError, type RejoinOptions, type StateChange } from "../src/index.js";
import { FakeSocket } from "./fake-socket.js";
import { ManualClock, settle } from "./manual-clock.js";

export { settle };

/** A client on fake sockets and a manual clock, with what it has told. */
export class Harness {
  readonly clock = new ManualClock();
  readonly sockets: FakeSocket[] = [];
  readonly states: StateChange[] = [];
  readonly errors: RejoinError[] = [];
  readonly client: RejoinClient;
  /** What `random` returns: 0.5 makes delays half of their bound. */
  random = 0.5;

  constructor(options: Partial<RejoinOptions> = {}) {
    this.client = new RejoinClient({
      urls: ["ws://a:1", "ws://b:2", "ws://c:3"],
      firstUrl: 0,
      clock: this.clock,
      random: () => this.random,
      webSocket: (url, protocols) => {
        const socket = new FakeSocket(url, protocols);
        this.sockets.push(socket);
        return socket;
      },
      ...options,
    });
    this.client.on("state", (change) => this.states.push(change));
    this.client.on("error", (error) => this.errors.push(error));
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    assert.ok(socket, "no socket was made yet");
    return socket;
  }

  /** Path through the states so far. */
  get path(): string {
    return ["idle", ...this.states.map((change) => change.to)].join(" ");
  }

  /** Connects and brings the first connection to its welcome. */
  async open(options: WelcomeOptions = {}): Promise<FakeSocket> {
    this.client.connect();
    return this.greet(options);
  }

  /** Opens the newest socket and welcomes the client. */
  async greet(options: WelcomeOptions = {}): Promise<FakeSocket> {
    await settle();
    const socket = this.socket;
    socket.open();
    socket.take();
    socket.receive(welcome(options));
    await settle();
    return socket;
  }

  /** Loses the present connection and welcomes the client on the next one. */
  async reconnect(options: WelcomeOptions = {}): Promise<FakeSocket> {
    this.socket.drop();
    await this.retry();
    return this.greet({ resumed: true, ...options });
  }

  /** Lets the waiting time pass, and nothing more. */
  async retry(): Promise<void> {
    const delay = this.states.at(-1)?.delay;
    assert.ok(delay !== undefined, `state=${this.client.state} (expected: waiting)`);
    await this.clock.advance(delay);
  }
}

export interface WelcomeOptions {
  id?: string;
  secret?: string;
  resumed?: boolean;
  window?: number;
  refreshAfter?: number;
  node?: string;
  limits?: { message?: number; rooms?: number; inflight?: number };
  rooms?: object[];
}

/** A `welcome`; without options a new session `s1` at node `n1`. */
export function welcome(options: WelcomeOptions = {}): object {
  const { id = "s1", secret = "secret", resumed = false, window = 120_000, node = "n1", rooms = [] } = options;
  const { limits, refreshAfter } = options;
  return {
    type: "welcome",
    session: { id, secret, publisher: `p-${id}`, resumed, window },
    node,
    heartbeat: { interval: 20_000, timeout: 10_000 },
    limits: { message: 65_536, rooms: 256, inflight: 256, ...limits },
    ...(refreshAfter === undefined ? {} : { refreshAfter }),
    rooms,
  };
}

/** A `joined`; by default `live`. */
export function joined(room: string, offset: number, more: object = {}): object {
  return { type: "joined", room, position: { epoch: "e1", offset }, outcome: "live", ...more };
}

export function publication(room: string, offset: number, more: object = {}): object {
  return { type: "publication", room, offset, time: 1, data: offset, ...more };
}

export function ack(room: string, number: number, offset: number): object {
  return { type: "ack", room, number, position: { epoch: "e1", offset } };
}

/** What became of a promise by now. */
export function track<T>(promise: Promise<T>): { value?: T; error?: RejoinError; settled: boolean } {
  const result: { value?: T; error?: RejoinError; settled: boolean } = { settled: false };
  promise.then(
    (value) => Object.assign(result, { value, settled: true }),
    (error: RejoinError) => Object.assign(result, { error, settled: true }),
  );
  return result;
}
