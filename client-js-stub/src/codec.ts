import { RejoinError } from "./errors.js";
import type { ClientFrame, Publish, ServerFrame } from "./frames.js";

type Check = (value: unknown) => boolean;
type Members = Readonly<Record<string, Check>>;

const text: Check = (value) => typeof value === "string";
const flag: Check = (value) => typeof value === "boolean";
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const ref: Check = (value) => text(value) || Number.isSafeInteger(value);
const anything: Check = (value) => value !== undefined;
const list: Check = (value) => Array.isArray(value);
const shaped =
  (members: Members): Check =>
  (value) =>
    isObject(value) && firstFault(value, members) === undefined;
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const oneOf =
  (...checks: Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));

const position = shaped({ epoch: text, offset: count });
const gap: Members = { "from?": count, "to?": count, reason: text };
const failure: Members = { code: text, message: text, retryable: flag, "retryAfter?": count };
const joined: Members = {
  "ref?": ref,
  room: text,
  position,
  outcome: (value) => value === "live" || value === "resumed" || value === "gap",
  "gap?": shaped(gap),
};
const refused: Members = { "ref?": ref, room: text, error: shaped(failure) };
const publication: Members = {
  room: text,
  "offset?": count,
  "epoch?": text,
  time: count,
  data: anything,
  "key?": text,
  "from?": text,
  "publisher?": text,
  "number?": count,
};

/** Members that the client relies on; a name that ends with `?` may be absent. What is not listed is not looked at. */
const SERVER_FRAMES: Readonly<Record<ServerFrame["type"], Members>> = {
  welcome: {
    session: shaped({ id: text, secret: text, publisher: text, resumed: flag, window: count }),
    node: text,
    heartbeat: shaped({ interval: count, timeout: count }),
    limits: shaped({ message: count, rooms: count, inflight: count }),
    "refreshAfter?": count,
    rooms: listOf(oneOf(shaped(refused), shaped(joined))),
  },
  joined,
  publication,
  gap: { room: text, position, ...gap },
  ack: { "ref?": ref, room: text, number: count, "position?": position },
  left: { "ref?": ref, room: text, "code?": text },
  history: {
    ref,
    room: text,
    publications: listOf(shaped({ ...publication, offset: count })),
    position,
    more: flag,
    "gap?": shaped(gap),
  },
  presence: { "ref?": ref, room: text, "members?": list, "joins?": list, "leaves?": list, count },
  refreshed: { ref, refreshAfter: count },
  ping: { time: count },
  pong: { time: count },
  goaway: { after: count, deadline: count, reason: text },
  error: { ...failure, "ref?": ref, "room?": text, "number?": count, "expected?": count },
};

/**
 * Reads one WebSocket message.
 *
 * @returns its frames in order; frames of unknown types are left out, unknown members stay and mean nothing
 * @throws RejoinError `broken-stream` when it is not JSON, not frames, or a frame lacks what its type must have
 */
export function decode(message: string): ServerFrame[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(message);
  } catch (cause) {
    throw new RejoinError("broken-stream", `message is not JSON: ${excerpt(message)}`, { retryable: true, cause });
  }
  const frames: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return frames.filter((frame): frame is ServerFrame => isKnownFrame(frame, message));
}

function isKnownFrame(frame: unknown, message: string): boolean {
  if (!isObject(frame) || typeof frame.type !== "string") {
    throw new RejoinError("broken-stream", `frame without a type: ${excerpt(message)}`, { retryable: true });
  }
  if (!Object.hasOwn(SERVER_FRAMES, frame.type)) {
    return false;
  }
  const type = frame.type as ServerFrame["type"];
  const members = type === "joined" && frame.error !== undefined ? refused : SERVER_FRAMES[type];
  const fault = firstFault(frame, members);
  if (fault !== undefined) {
    const found = JSON.stringify(frame[fault]) ?? "nothing";
    throw new RejoinError("broken-stream", `${type}.${fault}=${excerpt(found)} is not what the protocol defines`, {
      retryable: true,
    });
  }
  return true;
}

function firstFault(value: Record<string, unknown>, members: Members): string | undefined {
  for (const [name, check] of Object.entries(members)) {
    const optional = name.endsWith("?");
    const member = value[optional ? name.slice(0, -1) : name];
    if (!(optional && member === undefined) && !check(member)) {
      return optional ? name.slice(0, -1) : name;
    }
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function excerpt(message: string): string {
  return message.length > 100 ? `${message.slice(0, 100)}…` : message;
}

/** Writes one frame. */
export function encode(frame: ClientFrame): string {
  return JSON.stringify(frame);
}

/** Writes a `publish` whose data is JSON text already, so that a resend sends the same bytes. */
export function encodePublish(head: Omit<Publish, "type" | "data">, data: string | undefined): string {
  const frame = JSON.stringify({ type: "publish", ...head });
  return data === undefined ? frame : `${frame.slice(0, -1)},"data":${data}}`;
}

/**
 * Packs encoded frames into as few messages as `limit` bytes allow, in order.
 *
 * A single frame goes as an object, several as an array. A frame above the limit gets a message of its own; to keep such
 * frames away is the caller's part.
 */
export function pack(frames: readonly string[], limit: number): string[] {
  const messages: string[] = [];
  let batch: string[] = [];
  let size = 2;
  const close = () => {
    messages.push(batch.length === 1 ? (batch[0] as string) : `[${batch.join(",")}]`);
    batch = [];
    size = 2;
  };
  for (const frame of frames) {
    const length = utf8Length(frame) + 1;
    if (batch.length > 0 && size + length > limit) {
      close();
    }
    batch.push(frame);
    size += length;
  }
  if (batch.length > 0) {
    close();
  }
  return messages;
}

/** Bytes of a well-formed text in UTF-8; what JSON.stringify returns is well-formed. */
export function utf8Length(value: string): number {
  let bytes = value.length;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff)) {
      bytes += 2;
    } else if (unit > 0x7f) {
      // Half of a surrogate pair adds one: the pair is two units and four bytes.
      bytes += 1;
    }
  }
  return bytes;
}
