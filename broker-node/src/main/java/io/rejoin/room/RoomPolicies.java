package io.rejoin.room;

import io.rejoin.value.RoomId;
import java.util.Comparator;
import java.util.List;

/**
 * Finds the policy of a room from its name: the longest configured prefix wins.
 *
 * <p>Threading: immutable.
 *
 * @param fallback for rooms that no prefix matches
 * @param namespaces prefixes with their policies, the longest first whatever the order given
 */
public record RoomPolicies(RoomPolicy fallback, List<Namespace> namespaces) {

    private static final Comparator<Namespace> LONGEST_FIRST = Comparator.comparingInt(
                    (Namespace namespace) -> namespace.prefix().length())
            .reversed()
            .thenComparing(Namespace::prefix);

    /**
     * A prefix of room names and what holds for them.
     *
     * @param prefix as it stands in the configuration
     * @param policy for all rooms whose name starts with it, unless a longer prefix matches
     */
    public record Namespace(String prefix, RoomPolicy policy) {}

    /** Sorts the namespaces. */
    public RoomPolicies {
        namespaces = namespaces.stream().sorted(LONGEST_FIRST).toList();
    }

    /** The policy of a room. */
    public RoomPolicy of(RoomId room) {
        for (Namespace namespace : namespaces) {
            if (room.name().startsWith(namespace.prefix())) {
                return namespace.policy();
            }
        }
        return fallback;
    }
}
