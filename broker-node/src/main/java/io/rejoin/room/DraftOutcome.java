package io.rejoin.room;

import io.rejoin.value.Position;
import org.jspecify.annotations.Nullable;

/**
 * What became of a draft.
 *
 * <p>Threading: immutable.
 */
public sealed interface DraftOutcome {

    /**
     * In the log now, or the number is given up now.
     *
     * @param position where it went; {@code null} after skip
     */
    record Applied(@Nullable Position position) implements DraftOutcome {}

    /**
     * The number was used before.
     *
     * @param position where it went; {@code null} when it was skipped, or so old that the room no longer knows
     */
    record Duplicate(@Nullable Position position) implements DraftOutcome {}

    /**
     * A lower number is missing; nothing changed.
     *
     * @param expected the number the room takes next
     */
    record OutOfOrder(long expected) implements DraftOutcome {}

    /** The room remembers as many publishers as it may; nothing changed. */
    record PublisherLimit() implements DraftOutcome {}

    /** The log did not answer in time, or too much waits for it: a resend or skip settles it. */
    record Unavailable() implements DraftOutcome {}
}
