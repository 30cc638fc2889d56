import { encodePublish, utf8Length } from "./codec.js";
import { RejoinError } from "./errors.js";
import type { Position } from "./frames.js";
import type { KnownLimits } from "./limits.js";
import { checkKey, toJson } from "./options.js";
import type { Outbox } from "./outbox.js";

/** The publishing side of a client: checks here what can be checked here, so that the caller hears of it at once. */
export class Publisher {
  readonly #outbox: Outbox;
  readonly #limits: KnownLimits;

  constructor(outbox: Outbox, limits: KnownLimits) {
    this.#outbox = outbox;
    this.#limits = limits;
  }

  /** Takes a durable publish. Throws at once what is no fault of the broker's. */
  publish(room: string, data: unknown, key: string | undefined): Promise<Position | undefined> {
    return this.#outbox.offer(room, this.#checked(room, data, key), key);
  }

  /** Sends an ephemeral publish when there is a connection; tells whether it did. */
  publishEphemeral(
    send: ((frame: string) => void) | undefined,
    room: string,
    data: unknown,
    key: string | undefined,
  ): boolean {
    const json = this.#checked(room, data, key);
    send?.(encodePublish({ room, class: "ephemeral", ...(key === undefined ? {} : { key }) }, json));
    return send !== undefined;
  }

  #checked(room: string, data: unknown, key: string | undefined): string {
    checkKey(key);
    const json = toJson(data);
    const least = encodePublish({ room, number: 1, ...(key === undefined ? {} : { key }) }, json);
    if (this.#limits.told && utf8Length(least) > this.#limits.message) {
      const message = `publish to room ${room} takes ${utf8Length(least)} bytes (expected: at most ${this.#limits.message})`;
      throw new RejoinError("too-large", message);
    }
    return json;
  }
}
