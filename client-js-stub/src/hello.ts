import { encode, utf8Length } from "./codec.js";
import type { Hello, HelloRoom } from "./frames.js";
import type { KnownLimits } from "./limits.js";
import { VERSION } from "./version.js";

/** A room as the hello sees it. */
interface Greeted {
  readonly wanted: boolean;
  hello(): HelloRoom;
}

/** Writes a `hello` with as many of the wanted rooms as fit into it; the others are joined after the welcome. */
export function encodeHello(
  who: Pick<Hello, "token" | "session" | "heartbeat">,
  rooms: Iterable<Greeted>,
  limits: KnownLimits,
): string {
  const head = { type: "hello" as const, ...who, client: { name: "rejoin-js", version: VERSION } };
  const listed: HelloRoom[] = [];
  let size = utf8Length(encode({ ...head, rooms: [] }));
  for (const room of rooms) {
    if (!room.wanted || listed.length >= limits.rooms) {
      continue;
    }
    const entry = room.hello();
    size += utf8Length(JSON.stringify(entry)) + 1;
    if (size > limits.message) {
      break;
    }
    listed.push(entry);
  }
  return encode({ ...head, rooms: listed });
}
