import type { Clock } from "./clock.js";
import type { Emitter } from "./emitter.js";
import type { RejoinError } from "./errors.js";
import type { Gap, Publication, RoomEvents } from "./events.js";
import { Feed } from "./feed.js";
import { Follower, type Skipped, type Step } from "./follower.js";
import type { FrameGap, GapFrame, JoinOutcome, Position, PublicationFrame, StartPosition } from "./frames.js";

/** What a stream needs of the client. */
export interface StreamHost {
  readonly clock: Clock;
  readonly feedLimit: number;
  gap(gap: Gap): void;
}

/**
 * What the application gets of one room: publications and gaps, in order, for listeners and iterators.
 *
 * It outlives connections; the position moves before anybody is told.
 */
export class RoomStream<T> {
  readonly #room: string;
  readonly #emitter: Emitter<RoomEvents<T>>;
  readonly #host: StreamHost;
  readonly #follower = new Follower();
  readonly #feeds = new Set<Feed<Publication<T>>>();
  /** Publications since the join of this task, for an iterator that is made right after `await join()`. */
  #early: Publication<T>[] | undefined;

  constructor(room: string, emitter: Emitter<RoomEvents<T>>, host: StreamHost) {
    this.#room = room;
    this.#emitter = emitter;
    this.#host = host;
  }

  get position(): Position | undefined {
    return this.#follower.position;
  }

  /** Forgets everything, for a join that begins elsewhere. */
  reset(): void {
    this.#follower.reset();
  }

  /** Takes a position kept from before. */
  restore(position: Position): void {
    this.#follower.restore(position);
  }

  /** Looks at the reply to a join; unless it is broken, {@link opened} follows. */
  joined(outcome: JoinOutcome, asked: StartPosition | undefined, told: Position, gap: FrameGap | undefined) {
    return this.#follower.joined(outcome, asked, told, gap);
  }

  /** The membership begins: tells what it skips. */
  opened(position: Position, skipped: Skipped | undefined): Gap | undefined {
    this.#early = [];
    this.#host.clock.after(0, () => {
      this.#early = undefined;
    });
    return skipped === undefined ? undefined : this.#tellGap(skipped, position);
  }

  publication(frame: PublicationFrame): Step {
    if (frame.offset === undefined) {
      this.#emitter.emit("ephemeral", { room: this.#room, ...bodyOf<T>(frame) });
      return "next";
    }
    const step = this.#follower.publication(frame.offset, frame.epoch);
    if (step === "next") {
      this.#deliver(frame);
    }
    return step;
  }

  gap(frame: GapFrame): Step {
    const [step, skipped] = this.#follower.gap(frame, frame.position);
    if (skipped !== undefined) {
      this.#tellGap(skipped, frame.position);
    }
    return step;
  }

  /** An iterator over what comes from now on; one that is over at once when nothing will. */
  feed(open: boolean): Feed<Publication<T>> {
    const feed = new Feed<Publication<T>>(this.#host.feedLimit, (over) => this.#feeds.delete(over));
    if (open) {
      this.#feeds.add(feed);
      for (const publication of this.#early ?? []) {
        feed.push(publication);
      }
    } else {
      feed.end();
    }
    return feed;
  }

  /** The membership is over: ends all iterators, with an error or without. */
  end(error: RejoinError | undefined): void {
    this.#early = undefined;
    for (const feed of [...this.#feeds]) {
      feed.end(error);
    }
  }

  #deliver(frame: PublicationFrame): void {
    const publication: Publication<T> = {
      room: this.#room,
      position: this.#follower.position as Position,
      ...bodyOf<T>(frame),
      ...(frame.number === undefined ? {} : { number: frame.number }),
    };
    if (this.#early !== undefined && this.#early.push(publication) > this.#host.feedLimit) {
      this.#early = undefined;
    }
    for (const feed of [...this.#feeds]) {
      feed.push(publication);
    }
    this.#emitter.emit("publication", publication);
  }

  #tellGap(skipped: Skipped, position: Position): Gap {
    const common = skipped.from === undefined ? position.offset : skipped.from - 1;
    const gap: Gap = {
      room: this.#room,
      ...skipped,
      position,
      ...(skipped.reason === "epoch" ? { voidAfter: common } : {}),
    };
    this.#host.gap(gap);
    this.#emitter.emit("gap", gap);
    return gap;
  }
}

function bodyOf<T>(frame: PublicationFrame) {
  const { time, data, key, from, publisher } = frame;
  return {
    time,
    // The type of the data is the application's claim; the broker carries any JSON.
    data: data as T,
    ...(key === undefined ? {} : { key }),
    ...(from === undefined ? {} : { from }),
    ...(publisher === undefined ? {} : { publisher }),
  };
}
