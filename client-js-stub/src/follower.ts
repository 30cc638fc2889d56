import type { FrameGap, GapReason, JoinOutcome, Position, StartPosition } from "./frames.js";

/** A stretch of a room's log that the application does not get. */
export interface Skipped {
  readonly reason: GapReason;
  /** First skipped offset; absent with `epoch` when there is no common point. */
  readonly from?: number;
  /** Last skipped offset. */
  readonly to?: number;
}

/**
 * What a frame means for the application.
 *
 * - `next`: pass it on
 * - `repeat`: the application has it already
 * - `broken`: it cannot be explained; only a new connection from the last position helps
 */
export type Step = "next" | "repeat" | "broken";

/**
 * Follows one room's log over connections: decides what is next, what is a repeat and what cannot be.
 *
 * It keeps two points. `position` is what the application has reached; the cursor is what the present connection has told.
 * They differ only after a make-before-break, while the new connection repeats what the old one delivered meanwhile.
 * Epoch and offset are always adopted together.
 */
export class Follower {
  #position: Position | undefined;
  #cursor: Position | undefined;

  /** What the application has reached; `undefined` before the first join. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Forgets everything, for a join that begins elsewhere. */
  reset(): void {
    this.#position = undefined;
    this.#cursor = undefined;
  }

  /** Takes a position kept from before. */
  restore(position: Position): void {
    this.#position = position;
  }

  /**
   * Begins to follow on a connection.
   *
   * @param asked the position that the join carried
   * @param told the position of the reply
   */
  joined(
    outcome: JoinOutcome,
    asked: StartPosition | undefined,
    told: Position,
    gap?: FrameGap,
  ): [Step, (Skipped | undefined)?] {
    if (outcome === "gap") {
      this.#cursor = asked?.epoch === undefined ? undefined : asked;
      const [step, skipped] = this.gap(gap ?? { reason: "epoch" }, told);
      this.#cursor = told;
      // A gap that the old connection has bridged meanwhile is none.
      return [step === "repeat" ? "next" : step, skipped];
    }
    const expected = outcome === "live" ? asked === undefined : asked?.offset === told.offset;
    if (!expected) {
      return ["broken"];
    }
    this.#cursor = told;
    const repeats = outcome === "resumed" && this.#position !== undefined && this.#position.offset > told.offset;
    if (!repeats) {
      this.#position = told;
    }
    return ["next"];
  }

  publication(offset: number, epoch: string | undefined): Step {
    const cursor = this.#cursor;
    if (cursor === undefined) {
      return "broken";
    }
    if (offset === cursor.offset + 1) {
      return this.#advance({ epoch: epoch ?? cursor.epoch, offset });
    }
    return offset <= cursor.offset && (epoch === undefined || epoch === cursor.epoch) ? "repeat" : "broken";
  }

  gap(gap: FrameGap, told: Position): [Step, (Skipped | undefined)?] {
    const cursor = this.#cursor;
    if (gap.reason === "epoch") {
      this.#cursor = told;
      this.#position = told;
      return ["next", skipped(gap, gap.from)];
    }
    if (cursor !== undefined && told.offset <= cursor.offset) {
      return [told.epoch === cursor.epoch ? "repeat" : "broken"];
    }
    if (cursor !== undefined && (gap.from ?? 0) > cursor.offset + 1) {
      return ["broken"];
    }
    const known = this.#position?.offset ?? 0;
    const step = this.#advance(told);
    const from = Math.max(gap.from ?? 0, known + 1);
    return step === "next" ? [step, skipped({ ...gap, to: gap.to ?? told.offset }, from)] : [step];
  }

  /** Moves the cursor to a later point, and the position with it once the cursor has caught up. */
  #advance(to: Position): Step {
    this.#cursor = to;
    const position = this.#position;
    if (position === undefined || to.offset > position.offset) {
      this.#position = to;
      return "next";
    }
    // The same offset in two epochs: what the old connection delivered is not what this log holds.
    return to.offset < position.offset || to.epoch === position.epoch ? "repeat" : "broken";
  }
}

function skipped(gap: FrameGap, from: number | undefined): Skipped {
  return {
    reason: gap.reason,
    ...(from === undefined ? {} : { from }),
    ...(gap.to === undefined ? {} : { to: gap.to }),
  };
}
