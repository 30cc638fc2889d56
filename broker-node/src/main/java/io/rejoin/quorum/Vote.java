package io.rejoin.quorum;

import java.util.Set;
import java.util.UUID;

/**
 * What a member answers when it is asked what it remembers.
 *
 * <p>Threading: immutable.
 *
 * @param member who answers
 * @param accepted the last electorate that it accepted
 * @param opened the last one that it knows all voters to have accepted; {@code accepted} or an earlier one
 * @param formerly incarnations that it was before it joined the larger side of a split, whose memory it handed on
 * @param ready {@code false} while it is still handing on
 * @param resigned members that told it that they leave gracefully
 */
public record Vote(
        UUID member, Electorate accepted, Electorate opened, Set<UUID> formerly, boolean ready, Set<UUID> resigned) {

    /** Copies the sets. */
    public Vote {
        formerly = Set.copyOf(formerly);
        resigned = Set.copyOf(resigned);
    }
}
