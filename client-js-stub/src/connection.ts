import { retryAfter } from "./backoff.js";
import type { Clock, Timer } from "./clock.js";
import { decode, encode, pack, utf8Length } from "./codec.js";
import { MESSAGE_TOO_BIG } from "./codes.js";
import { RejoinError } from "./errors.js";
import type { ServerFrame, Welcome } from "./frames.js";
import { Heartbeat } from "./heartbeat.js";
import { SUBPROTOCOL, type WebSocketFactory, type WebSocketLike } from "./socket.js";
import { freshToken, TokenRefresher, type TokenSource, tokenFailed } from "./token.js";

/**
 * Why the client itself gave a connection up: nothing heard for too long, no welcome in time, an inexplicable stream, no
 * token, or no socket.
 */
export type DropCause = "silent" | "connect-timeout" | "broken-stream" | "token-failed" | "socket-failed";

/** How a connection ended. */
export interface Ending {
  /** Close code of the WebSocket, or why the client gave it up. */
  readonly code: number | DropCause;
  readonly reason: string;
  /** The server's advice when to come back, in milliseconds. */
  readonly retryAfter: number | undefined;
}

/** What a connection reports; every call names the connection, since two may live at a time. */
export interface ConnectionListener {
  /** The socket is open: returns the `hello`, encoded. */
  hello(connection: Connection, token: string | undefined): string;
  welcomed(connection: Connection, welcome: Welcome): void;
  /** Any frame after the welcome but those about heartbeat and token. */
  received(connection: Connection, frame: ServerFrame): void;
  /** Called once, unless the owner has closed it with {@link Connection.close}. */
  ended(connection: Connection, ending: Ending): void;
  failed(error: RejoinError): void;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly webSocket: WebSocketFactory;
  readonly clock: Clock;
  /** Milliseconds from the start until the welcome. */
  readonly timeout: number;
  readonly random: () => number;
  readonly token: TokenSource | undefined;
  readonly listener: ConnectionListener;
}

/**
 * One WebSocket from the token callback to its close; it refreshes its token and never reconnects.
 *
 * Frames that are sent within one task leave together, in one message where the limit allows.
 */
export class Connection {
  readonly url: string;
  readonly #options: ConnectionOptions;
  #socket: WebSocketLike | undefined;
  #welcome: Welcome | undefined;
  #timer: Timer | undefined;
  #heartbeat: Heartbeat | undefined;
  #refresher: TokenRefresher | undefined;
  #waiting: string[] = [];
  #messageLimit = Number.POSITIVE_INFINITY;
  #largestSent = 0;
  #greeted = false;
  #over = false;

  constructor(options: ConnectionOptions) {
    this.url = options.url;
    this.#options = options;
  }

  /** Whether the `hello` has been sent: from then on only this connection may be published on. */
  get greeted(): boolean {
    return this.#greeted;
  }

  get welcome(): Welcome | undefined {
    return this.#welcome;
  }

  /** Whether it has ended or was closed. */
  get over(): boolean {
    return this.#over;
  }

  /** Bytes of the largest message sent; after a close with 1009 that is the one that was refused. */
  get largestSent(): number {
    return this.#largestSent;
  }

  /** Begins: token, socket, hello. */
  start(): void {
    const { clock, timeout } = this.#options;
    this.#timer = clock.after(timeout, () => this.#drop("connect-timeout", `no welcome within ${timeout} ms`));
    this.#fetchToken();
  }

  /** Largest message that packing may make, in bytes. */
  limitMessages(bytes: number): void {
    this.#messageLimit = bytes;
  }

  /** Queues an encoded frame; it leaves at the end of the present task. */
  send(frame: string): void {
    if (this.#over) {
      return;
    }
    this.#waiting.push(frame);
    if (this.#waiting.length === 1) {
      queueMicrotask(() => this.flush());
    }
  }

  /** Sends what is queued now. */
  flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of pack(waiting, this.#messageLimit)) {
      this.#write(message);
    }
  }

  /** Asks for a sign of life within the heartbeat timeout, for when the network may have changed. */
  probe(): void {
    if (this.#welcome !== undefined && this.#heartbeat !== undefined) {
      this.send(encode({ type: "ping", time: Date.now() }));
      this.#heartbeat.expectWithin(this.#welcome.heartbeat.timeout);
    }
  }

  /** Closes without a report. */
  close(): void {
    if (!this.#over) {
      this.#release();
      this.#closeSocket();
    }
  }

  /** Gives the connection up and reports it. Does not wait for the peer, which may be dead. */
  breakOff(reason: string): void {
    this.#drop("broken-stream", reason);
  }

  #fetchToken(): void {
    const { token } = this.#options;
    if (token === undefined) {
      this.#dial(undefined);
      return;
    }
    freshToken(token).then(
      (value) => this.#dial(value),
      (cause) => {
        if (!this.#over) {
          this.#fail("token-failed", tokenFailed(cause));
        }
      },
    );
  }

  #dial(token: string | undefined): void {
    if (this.#over) {
      return;
    }
    try {
      const socket = this.#options.webSocket(this.url, [SUBPROTOCOL]);
      this.#socket = socket;
      socket.addEventListener("open", () => this.#onOpen(token));
      socket.addEventListener("message", (event: { data: unknown }) => this.#onMessage(event.data));
      socket.addEventListener("close", (event: { code: number; reason: string }) => this.#onClose(event));
      // A close event follows every error event and says more.
      socket.addEventListener("error", () => undefined);
    } catch (cause) {
      this.#fail("socket-failed", socketFailed(`no WebSocket to ${this.url} could be made`, cause));
    }
  }

  #onOpen(token: string | undefined): void {
    if (!this.#over) {
      this.#greeted = true;
      this.#write(this.#options.listener.hello(this, token));
    }
  }

  #onMessage(data: unknown): void {
    if (this.#over) {
      return;
    }
    this.#heartbeat?.heard();
    let frames: ServerFrame[];
    try {
      frames = decode(typeof data === "string" ? data : "a binary message");
    } catch (fault) {
      this.#options.listener.failed(fault as RejoinError);
      this.#drop("broken-stream", (fault as RejoinError).message);
      return;
    }
    for (const frame of frames) {
      // A listener may have closed the connection in the middle of a batch.
      if (!this.#over) {
        this.#receive(frame);
      }
    }
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === "ping") {
      this.send(encode({ type: "pong", time: frame.time }));
    } else if (frame.type === "welcome") {
      this.#onWelcome(frame);
    } else if (frame.type === "refreshed") {
      this.#refresher?.answered(frame);
    } else if (this.#welcome !== undefined && frame.type !== "pong" && !this.#isRefusedToken(frame)) {
      this.#options.listener.received(this, frame);
    }
  }

  #isRefusedToken(frame: ServerFrame): boolean {
    return frame.type === "error" && this.#refresher?.refused(frame) === true;
  }

  #onWelcome(welcome: Welcome): void {
    if (this.#welcome !== undefined) {
      return;
    }
    const { interval, timeout } = welcome.heartbeat;
    this.#welcome = welcome;
    this.#timer?.cancel();
    this.#heartbeat = new Heartbeat(this.#options.clock, interval + timeout, () =>
      this.#drop("silent", `nothing heard for ${interval + timeout} ms`),
    );
    this.#watchToken(welcome.refreshAfter);
    this.#options.listener.welcomed(this, welcome);
  }

  #watchToken(refreshAfter: number | undefined): void {
    const { clock, random, token, listener } = this.#options;
    if (token !== undefined && refreshAfter !== undefined) {
      const send = (frame: string) => this.send(frame);
      const failed = (error: RejoinError) => listener.failed(error);
      this.#refresher = new TokenRefresher({ clock, random, token, send, failed });
      this.#refresher.schedule(refreshAfter);
    }
  }

  #onClose(event: { code: number; reason: string }): void {
    if (!this.#over) {
      this.#end({ code: event.code, reason: event.reason, retryAfter: retryAfter(event.reason) });
    }
  }

  #fail(code: "token-failed" | "socket-failed", error: RejoinError): void {
    this.#options.listener.failed(error);
    this.#drop(code, error.message);
  }

  #drop(code: DropCause, reason: string): void {
    if (!this.#over) {
      this.#closeSocket();
      this.#end({ code, reason, retryAfter: undefined });
    }
  }

  #end(ending: Ending): void {
    this.#release();
    this.#options.listener.ended(this, ending);
  }

  #release(): void {
    this.#over = true;
    this.#waiting = [];
    this.#timer?.cancel();
    this.#heartbeat?.stop();
    this.#refresher?.stop();
  }

  #closeSocket(): void {
    try {
      this.#socket?.close();
    } catch (cause) {
      const message = `closing the WebSocket to ${this.url} failed`;
      this.#options.listener.failed(new RejoinError("socket-failed", message, { cause }));
    }
  }

  #write(message: string): void {
    this.#largestSent = Math.max(this.#largestSent, utf8Length(message));
    try {
      this.#socket?.send(message);
    } catch (cause) {
      this.#fail("socket-failed", socketFailed(`sending to ${this.url} failed`, cause));
    }
  }
}

function socketFailed(message: string, cause: unknown): RejoinError {
  return new RejoinError("socket-failed", message, { retryable: true, cause });
}

/** Whether a connection ended because a message was too large for the node. */
export function wasTooBig(ending: Ending): boolean {
  return ending.code === MESSAGE_TOO_BIG;
}
