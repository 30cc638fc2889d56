package io.rejoin.room;

import io.rejoin.value.RoomId;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

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

    /** One policy for all rooms. */
    public static RoomPolicies same(RoomPolicy policy) {
        return new RoomPolicies(policy, List.of());
    }

    /** The longest time that any policy gives a member without progress. */
    public Duration longestGrace() {
        return Stream.concat(Stream.of(fallback), namespaces.stream().map(Namespace::policy))
                .map(RoomPolicy::slowConsumerGrace)
                .max(Comparator.naturalOrder())
                .orElseThrow();
    }

    /** The policy of a room. */
    public RoomPolicy of(RoomId room) {
        int index = indexOf(room.name());
        return index < 0 ? fallback : namespaces.get(index).policy();
    }

    /** Which namespace a room is in; -1 for none. */
    int indexOf(String room) {
        for (int index = 0; index < namespaces.size(); index++) {
            if (room.startsWith(namespaces.get(index).prefix())) {
                return index;
            }
        }
        return -1;
    }
}
