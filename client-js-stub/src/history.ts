import type { Publication } from "./events.js";
import type { FrameGap, HistoryPageFrame, Position, StartPosition } from "./frames.js";

/** What part of the log to read. */
export interface HistoryOptions {
  /** Read what follows this point; without it, the newest. */
  readonly after?: StartPosition;
  /** Publications per page, at most 1,000. Default 100. */
  readonly limit?: number;
}

/** A page of a room's retained log, ascending. */
export interface HistoryPage<T = unknown> {
  readonly publications: readonly Publication<T>[];
  /** Position of the last publication; without one, where the page ends. Pass it as `after` to read on. */
  readonly position: Position;
  readonly more: boolean;
  /** Set when `after` is not retained or not of this log. */
  readonly gap?: FrameGap;
}

/** Gives every publication of a page its full position: on the wire only changes of the epoch are told. */
export function toPage(frame: HistoryPageFrame): HistoryPage {
  let epoch = frame.position.epoch;
  const publications = frame.publications.map(({ type: _, offset = 0, epoch: told, ...rest }) => {
    epoch = told ?? epoch;
    return { ...rest, room: frame.room, position: { epoch, offset } };
  });
  const { position, more, gap } = frame;
  return { publications, position, more, ...(gap === undefined ? {} : { gap }) };
}
