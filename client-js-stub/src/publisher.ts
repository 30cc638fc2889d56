import type { Clock } from "./clock.js";
import { encodePublish, utf8Length } from "./codec.js";
import { RejoinError } from "./errors.js";
import type { Position } from "./frames.js";
import type { KnownLimits } from "./limits.js";
import { checkKey, toJson } from "./options.js";
import type { Outbox } from "./outbox.js";

const EPHEMERAL_HOLD = 1_000;

/** The publishing side of a client: checks here what can be checked here, so that the caller hears of it at once. */
export class Publisher {
  readonly #outbox: Outbox;
  readonly #limits: KnownLimits;
  readonly #clock: Clock;
  #ephemeralFrom = Number.NEGATIVE_INFINITY;

  constructor(outbox: Outbox, limits: KnownLimits, clock: Clock) {
    this.#clock = clock;
    this.#outbox = outbox;
    this.#limits = limits;
  }

  /** Takes a durable publish. Throws at once what is no fault of the broker's. */
  publish(room: string, data: unknown, key: string | undefined): Promise<Position | undefined> {
    return this.#outbox.offer(room, this.#checked(room, data, key), key);
  }

  /** The broker has refused ephemeral publishes: drops them for a while, since going on could end the session. */
  holdEphemeral(retryAfter: number | undefined): void {
    this.#ephemeralFrom = this.#clock.now() + (retryAfter ?? EPHEMERAL_HOLD);
  }

  /** Sends an ephemeral publish when there is a connection and the broker takes them; tells whether it did. */
  publishEphemeral(
    send: ((frame: string) => void) | undefined,
    room: string,
    data: unknown,
    key: string | undefined,
  ): boolean {
    const json = this.#checked(room, data, key);
    if (send === undefined || this.#clock.now() < this.#ephemeralFrom) {
      return false;
    }
    send(encodePublish({ room, class: "ephemeral", ...(key === undefined ? {} : { key }) }, json));
    return true;
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
