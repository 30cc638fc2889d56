import type { BackoffOptions } from "./backoff.js";
import { type Clock, systemClock } from "./clock.js";
import { utf8Length } from "./codec.js";
import { RejoinError } from "./errors.js";
import type { StartPosition } from "./frames.js";
import type { HistoryOptions } from "./history.js";
import type { RoomOptions } from "./room.js";
import type { SavedSession } from "./session.js";
import { connectUrl, type WebSocketFactory } from "./socket.js";
import type { TokenSource } from "./token.js";

/** Where `online` and `offline` events come from. */
export interface NetworkHints {
  addEventListener(type: "online" | "offline", listener: () => void): void;
  removeEventListener(type: "online" | "offline", listener: () => void): void;
}

/** Options of a client. Durations are milliseconds. */
export interface RejoinOptions {
  /** Nodes or load balancers, such as `wss://host:port`; `/v1/connect` is added when there is no path. */
  readonly urls: readonly string[];
  /** Index of the URL to begin with; by default a random one, which spreads the clients. */
  readonly firstUrl?: number;
  /** Asked for a fresh token for every connection, and whenever the broker wants one on an open connection. */
  readonly token?: () => string | Promise<string>;
  /** Makes the WebSocket; needed where there is no global `WebSocket`, as in Node 20. */
  readonly webSocket?: WebSocketFactory;
  readonly backoff?: BackoffOptions;
  /** Most publishes that may be unsettled, over all rooms; a further one rejects with `outbox-full`. Default 1,024. */
  readonly outboxLimit?: number;
  /** Most bytes of data and keys that they may hold, as UTF-8; a further publish rejects with `outbox-full`. Default 8 MiB. */
  readonly outboxBytes?: number;
  /** Most publications that an async iterator holds unread. Default 10,000. */
  readonly feedLimit?: number;
  /** From the start of an attempt until the welcome. Default 10,000. */
  readonly connectTimeout?: number;
  /** How long a connection must hold before earlier failures are forgotten. Default 10,000. */
  readonly healthyAfter?: number;
  /** How often the broker should ping; it grants what lies within its bounds. By default its own interval. */
  readonly heartbeat?: number;
  /** How long `close()` waits for the last acknowledgements. Default 5,000. */
  readonly closeTimeout?: number;
  /** A session that an earlier client has saved; only one client may own it. */
  readonly session?: SavedSession;
  /** Source of `online` and `offline` events; by default the global object, where it has them. */
  readonly network?: NetworkHints;
  /** Time and timers, for tests. */
  readonly clock?: Clock;
  /** Random numbers in [0, 1), for tests. */
  readonly random?: () => number;
}

/** Options with all defaults filled in. */
export interface Settings {
  readonly urls: readonly string[];
  readonly firstUrl: number;
  readonly token: TokenSource | undefined;
  readonly webSocket: WebSocketFactory;
  readonly backoffMin: number;
  readonly backoffMax: number;
  readonly outboxLimit: number;
  readonly outboxBytes: number;
  readonly feedLimit: number;
  readonly connectTimeout: number;
  readonly healthyAfter: number;
  readonly heartbeat: number | undefined;
  readonly closeTimeout: number;
  readonly network: NetworkHints | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Fills in the defaults. Throws a `bad-request` error that names all faults. */
export function settingsOf(options: RejoinOptions): Settings {
  const random = options.random ?? Math.random;
  const urls = options.urls.map(checkedUrl);
  const settings: Settings = {
    urls: urls.flatMap((url) => url.href ?? []),
    firstUrl: options.firstUrl ?? Math.floor(random() * urls.length),
    token: options.token,
    webSocket: options.webSocket ?? globalWebSocket,
    backoffMin: options.backoff?.min ?? 250,
    backoffMax: options.backoff?.max ?? 20_000,
    outboxLimit: options.outboxLimit ?? 1_024,
    outboxBytes: options.outboxBytes ?? 8_388_608,
    feedLimit: options.feedLimit ?? 10_000,
    connectTimeout: options.connectTimeout ?? 10_000,
    healthyAfter: options.healthyAfter ?? 10_000,
    heartbeat: options.heartbeat,
    closeTimeout: options.closeTimeout ?? 5_000,
    network: options.network ?? globalNetwork(),
    clock: options.clock ?? systemClock(),
    random,
  };
  const faults = [
    ...urls.flatMap((url) => url.fault ?? []),
    ...(urls.length === 0 ? ["urls=[] (expected: at least one URL)"] : []),
    ...(settings.backoffMin > settings.backoffMax ? [`backoff.min=${settings.backoffMin} > backoff.max`] : []),
    ...faultyCounts(settings),
  ];
  if (faults.length > 0) {
    throw new RejoinError("bad-request", `client options: ${faults.join("; ")}`);
  }
  return settings;
}

function checkedUrl(url: string): { href?: string; fault?: string } {
  try {
    const href = connectUrl(url);
    return /^wss?:/.test(href) ? { href } : { fault: `urls: ${url} (expected: a ws: or wss: URL)` };
  } catch {
    return { fault: `urls: ${url} (expected: a ws: or wss: URL)` };
  }
}

function faultyCounts(settings: Settings): string[] {
  const counts = [
    ["firstUrl", 0],
    ["backoffMin", 1],
    ["outboxLimit", 1],
    ["outboxBytes", 1],
    ["feedLimit", 1],
    ["connectTimeout", 1],
    ["healthyAfter", 0],
    ["heartbeat", 1],
    ["closeTimeout", 0],
  ] as const;
  return counts.flatMap(([name, least]) => {
    const value = settings[name];
    return value === undefined || (Number.isSafeInteger(value) && value >= least)
      ? []
      : [`${name}=${value} (expected: an integer >= ${least})`];
  });
}

function globalWebSocket(url: string, protocols: string[]) {
  if (typeof WebSocket === "undefined") {
    const message = "no global WebSocket (Node 20 has none); pass webSocket, for instance with the package ws";
    throw new RejoinError("socket-failed", message);
  }
  return new WebSocket(url, protocols);
}

function globalNetwork(): NetworkHints | undefined {
  return typeof globalThis.addEventListener === "function" ? globalThis : undefined;
}

/** Half of a surrogate pair, which UTF-8 cannot hold. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** The protocol's limit, less the array and the frame around the data. */
const MAX_DEPTH = 64 - 2;

/** Checks a room's name: 1 to 255 bytes of UTF-8, no control characters. Throws a `bad-request` error. */
export function checkRoom(name: string): void {
  const bytes = utf8Length(name);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (bytes < 1 || bytes > 255 || /[\u0000-\u001f\u007f-\u009f]/.test(name) || LONE_SURROGATE.test(name)) {
    throw badRequest(`room=${JSON.stringify(name.slice(0, 80))}`, "1 to 255 bytes without control characters");
  }
}

/** Checks how to join. Throws a `bad-request` error; sent to the broker, a fault here would end the session. */
export function checkRoomOptions({ position, history, delivery }: RoomOptions): void {
  checkPosition("position", position);
  checkCount("history", history, 0, Number.MAX_SAFE_INTEGER);
  if (delivery !== undefined && delivery !== "all" && delivery !== "latest") {
    throw badRequest(`delivery=${delivery}`, "all or latest");
  }
}

/** Checks which page to read. Throws a `bad-request` error. */
export function checkHistoryOptions({ after, limit }: HistoryOptions): void {
  checkPosition("after", after);
  checkCount("limit", limit, 1, 1_000);
}

/** Checks a conflation key. Throws a `bad-request` error. */
export function checkKey(key: string | undefined): void {
  if (key !== undefined && (utf8Length(key) > 128 || LONE_SURROGATE.test(key))) {
    throw badRequest(`key of ${utf8Length(key)} bytes`, "at most 128 bytes of UTF-8");
  }
}

function checkPosition(name: string, position: StartPosition | undefined): void {
  if (position !== undefined) {
    const { epoch, offset } = position;
    if (
      !Number.isSafeInteger(offset) ||
      offset < 0 ||
      (epoch === undefined ? offset !== 0 : typeof epoch !== "string")
    ) {
      throw badRequest(`${name}=${JSON.stringify(position)}`, "an epoch and an offset from 0, or the offset 0 alone");
    }
  }
}

function checkCount(name: string, value: number | undefined, least: number, most: number): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= least && value <= most)) {
    throw badRequest(`${name}=${value}`, `an integer from ${least} to ${most}`);
  }
}

function badRequest(found: string, expected: string): RejoinError {
  return new RejoinError("bad-request", `${found} (expected: ${expected})`);
}

/** Writes a publication's data. Throws a `bad-request` error when it is not JSON or nested too deeply. */
export function toJson(data: unknown): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(data);
  } catch (cause) {
    throw new RejoinError("bad-request", "data cannot be written as JSON", { cause });
  }
  if (json === undefined) {
    throw badRequest(`data is ${typeof data}`, "a JSON value");
  }
  const depth = depthOf(json);
  if (depth > MAX_DEPTH) {
    throw badRequest(`data has ${depth} levels`, `at most ${MAX_DEPTH}`);
  }
  return json;
}

/** Levels of objects and arrays in a JSON text. */
function depthOf(json: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (inString) {
      i += char === "\\" ? 1 : 0;
      inString = char !== '"';
    } else if (char === '"') {
      inString = true;
    } else if (char === "[" || char === "{") {
      deepest = Math.max(deepest, ++depth);
    } else if (char === "]" || char === "}") {
      depth -= 1;
    }
  }
  return deepest;
}
