import { backoffDelay } from "./backoff.js";
import type { Clock, Timer } from "./clock.js";
import { stops } from "./codes.js";
import { Connection, type ConnectionListener, type Ending } from "./connection.js";
import type { Goaway, Welcome } from "./frames.js";
import type { WebSocketFactory } from "./socket.js";
import { type ClientState, MOVES, type StateCause, type StateChange } from "./states.js";
import type { TokenSource } from "./token.js";

export interface ReconnectorOptions {
  readonly urls: readonly string[];
  /** Index of the URL to begin with. */
  readonly firstUrl: number;
  readonly webSocket: WebSocketFactory;
  readonly token: TokenSource | undefined;
  readonly clock: Clock;
  readonly random: () => number;
  readonly backoffMin: number;
  readonly backoffMax: number;
  /** Milliseconds from the start of an attempt until the welcome. */
  readonly connectTimeout: number;
  /** Milliseconds that a connection must hold before failures are forgotten. */
  readonly healthyAfter: number;
}

/** What the reconnector needs from and tells its owner. */
export interface ReconnectorListener extends Pick<ConnectionListener, "hello" | "received" | "failed"> {
  /** Whether there is a session that a new connection would take up. */
  hasSession(): boolean;
  /** The connection is now the one that counts; the previous one is closed after this call. */
  welcomed(connection: Connection, welcome: Welcome): void;
  /** A connection has ended; called before the state changes. */
  ended(connection: Connection, ending: Ending): void;
  stateChanged(change: StateChange): void;
  /** The broker forbids to reconnect. */
  stopped(ending: Ending): void;
}

/**
 * Keeps one working connection: picks URLs, waits between attempts, and replaces a connection whose node leaves before
 * the old one closes.
 *
 * Two connections may live at a time: `current`, which has been welcomed, and `next`, which has not. The state follows
 * from the two and the timer.
 */
export class Reconnector {
  readonly #options: ReconnectorOptions;
  readonly #listener: ReconnectorListener;
  #state: ClientState = "idle";
  #current: Connection | undefined;
  #next: Connection | undefined;
  /** A newer connection has said hello: only `current`'s acks and publications still count. */
  #superseded = false;
  #retry: Timer | undefined;
  #retryAt = 0;
  /** The server has said when: the network's return changes nothing. */
  #retryIsAdvised = false;
  /** The pending attempt replaces a connection that still works. */
  #retryIsGoaway = false;
  #healthy: Timer | undefined;
  #failures = 0;
  #url: number;

  constructor(options: ReconnectorOptions, listener: ReconnectorListener) {
    this.#options = options;
    this.#listener = listener;
    this.#url = options.firstUrl;
  }

  get state(): ClientState {
    return this.#state;
  }

  /** The connection that has been welcomed last, while it lives. */
  get current(): Connection | undefined {
    return this.#current;
  }

  /** The newest connection that has said hello, while it lives. */
  get newest(): Connection | undefined {
    if (this.#next?.greeted) {
      return this.#next;
    }
    return this.#superseded ? undefined : this.#current;
  }

  start(): void {
    this.#failures = 0;
    this.#dial("connect");
  }

  /** Takes the server's invitation to leave: connects elsewhere in the client's own time slot. */
  leave(goaway: Goaway): void {
    if (this.#next === undefined && this.#retry === undefined) {
      this.#url += 1;
      this.#schedule(goaway.after, true);
      this.#retryIsGoaway = true;
    }
  }

  /** The network is back: tries at once, unless the server has advised when. */
  networkIsBack(): void {
    const hangs = this.#next !== undefined && !this.#next.greeted;
    if (this.#current === undefined && hangs) {
      // An attempt from before may hang in a network that is no more, until its time is over.
      this.#next?.close();
      this.#dial("online");
    } else if (this.#retry !== undefined && !this.#retryIsAdvised) {
      this.#dial("online");
    } else {
      this.#current?.probe();
    }
  }

  /** The network is gone, or so it is said: a connection that is really dead is found at once rather than by its silence. */
  networkIsGone(): void {
    this.#current?.probe();
  }

  /** Ends everything but the newest connection, which is returned for a goodbye. */
  finish(cause: StateCause, reason: string): Connection | undefined {
    const newest = this.newest;
    for (const connection of [this.#current, this.#next]) {
      if (connection !== newest) {
        connection?.close();
      }
    }
    this.#current = undefined;
    this.#next = undefined;
    this.#superseded = false;
    this.#cancelRetry();
    this.#healthy?.cancel();
    this.#moveTo("closed", cause, reason);
    return newest?.over ? undefined : newest;
  }

  #dial(cause: StateCause): void {
    this.#cancelRetry();
    const { urls, webSocket, clock, random, token, connectTimeout } = this.#options;
    const url = urls[this.#url % urls.length] as string;
    const listener: ConnectionListener = {
      hello: (connection, value) => this.#onHello(connection, value),
      welcomed: (connection, welcome) => this.#onWelcome(connection, welcome),
      received: (connection, frame) => this.#listener.received(connection, frame),
      ended: (connection, ending) => this.#onEnd(connection, ending),
      failed: (error) => this.#listener.failed(error),
    };
    const connection = new Connection({ url, webSocket, clock, random, token, timeout: connectTimeout, listener });
    this.#next = connection;
    if (this.#current === undefined) {
      this.#moveTo(this.#listener.hasSession() ? "resuming" : "connecting", cause, "");
    }
    // A state listener may have closed the client.
    if (this.#next === connection) {
      connection.start();
    }
  }

  #onHello(connection: Connection, token: string | undefined): string {
    this.#superseded = this.#current !== undefined;
    return this.#listener.hello(connection, token);
  }

  #onWelcome(connection: Connection, welcome: Welcome): void {
    // Too late: the client was closed while the hello was on its way.
    if (connection !== this.#next) {
      return;
    }
    const old = this.#current;
    this.#current = connection;
    this.#next = undefined;
    this.#superseded = false;
    this.#healthy?.cancel();
    this.#healthy = this.#options.clock.after(this.#options.healthyAfter, () => {
      this.#failures = 0;
    });
    old?.close();
    if (this.#state !== "open") {
      this.#moveTo("open", "welcome", "");
    }
    // A state listener may have closed the client.
    if (this.#current === connection) {
      this.#listener.welcomed(connection, welcome);
    }
  }

  #onEnd(connection: Connection, ending: Ending): void {
    const counts = connection === this.#next || (connection === this.#current && connection === this.newest);
    this.#listener.ended(connection, ending);
    // The listener may have closed the client.
    const isNext = connection === this.#next;
    if (!isNext && connection !== this.#current) {
      return;
    }
    if (isNext) {
      this.#next = undefined;
    } else {
      this.#current = undefined;
      this.#superseded = false;
      this.#healthy?.cancel();
    }
    if (counts && typeof ending.code === "number" && stops(ending.code)) {
      this.#stop(ending);
    } else {
      this.#replace(ending, counts);
    }
  }

  #stop(ending: Ending): void {
    this.finish(ending.code, ending.reason)?.close();
    this.#listener.stopped(ending);
  }

  #replace(ending: Ending, counts: boolean): void {
    const advised = counts && ending.retryAfter !== undefined;
    if (advised) {
      // The advice holds for an attempt that has not said hello, too.
      this.#next?.close();
      this.#next = undefined;
    }
    if (this.#next !== undefined) {
      this.#moveTo(this.#listener.hasSession() ? "resuming" : "connecting", ending.code, ending.reason);
      return;
    }
    // The close of a superseded connection means nothing: the attempt that its successor has scheduled stands.
    if (this.#retry === undefined || this.#retryIsGoaway || advised) {
      this.#url += this.#retryIsGoaway ? 0 : 1;
      this.#schedule(ending.retryAfter ?? this.#backoff(), advised);
    }
    if (this.#current === undefined) {
      this.#moveTo("waiting", ending.code, ending.reason);
    }
  }

  #backoff(): number {
    const { backoffMin, backoffMax, random } = this.#options;
    return backoffDelay(this.#failures++, backoffMin, backoffMax, random);
  }

  #schedule(delay: number, advised: boolean): void {
    const { clock } = this.#options;
    this.#cancelRetry();
    this.#retryIsAdvised = advised;
    this.#retryAt = clock.now() + delay;
    this.#retry = clock.after(delay, () => this.#dial("attempt"));
  }

  #cancelRetry(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#retryIsGoaway = false;
  }

  #moveTo(to: ClientState, code: StateCause, reason: string): void {
    const from = this.#state;
    if (from === to) {
      return;
    }
    if (!MOVES[from].includes(to)) {
      throw new Error(`no move from ${from} to ${to} (expected: ${MOVES[from].join(", ")})`);
    }
    this.#state = to;
    this.#listener.stateChanged({
      from,
      to,
      code,
      reason,
      ...(to === "waiting" ? { delay: this.#retryAt - this.#options.clock.now() } : {}),
    });
  }
}
