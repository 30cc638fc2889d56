package io.rejoin.quorum;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Members that agreed who they are. While all of them are there, they may acknowledge.
 *
 * <p>Each next one holds more than half of the voters before it, so no two can go on side by side, and their numbers say which came later.
 *
 * <p>Threading: immutable.
 *
 * @param number rises with each; the first of a cluster is the time of day in milliseconds, so one that began anew comes after
 *     one that it remembers nothing of; 0 for none
 * @param voters whose memory counts: they hold, or have handed on, all that was acknowledged; all of them have accepted it
 * @param members all that were there, voters included; one that has just started is no voter yet
 */
public record Electorate(long number, Set<UUID> voters, Set<UUID> members) {

    /** That of a member that remembers nothing. */
    public static final Electorate NONE = new Electorate(0, Set.of(), Set.of());

    /** Copies the sets. */
    public Electorate {
        voters = sorted(voters);
        members = sorted(members);
    }

    /** In an order that is the same in every run, which a simulation can repeat. */
    private static Set<UUID> sorted(Set<UUID> ids) {
        return Collections.unmodifiableSet(new TreeSet<>(ids));
    }

    /** Whether there is none. */
    public boolean isNone() {
        return number == 0;
    }
}
