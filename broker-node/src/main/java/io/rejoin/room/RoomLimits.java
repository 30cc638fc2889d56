package io.rejoin.room;

/**
 * Bounds of every room's log by its name, worked out once per namespace.
 *
 * <p>Threading: immutable, thread-safe. Nothing is allocated by a look-up.
 */
public final class RoomLimits {

    private final LogLimits shared;
    private final RoomPolicies policies;
    private final LogLimits fallback;
    private final LogLimits[] byNamespace;

    private RoomLimits(LogLimits shared, RoomPolicies policies) {
        this.shared = shared;
        this.policies = policies;
        this.fallback = policies.fallback().limits(shared);
        this.byNamespace = policies.namespaces().stream()
                .map(namespace -> namespace.policy().limits(shared))
                .toArray(LogLimits[]::new);
    }

    /**
     * Takes from each policy what it bounds.
     *
     * @param shared what holds for all rooms, whatever their policy
     */
    public static RoomLimits of(LogLimits shared, RoomPolicies policies) {
        return new RoomLimits(shared, policies);
    }

    /** The same bounds for all rooms. */
    public static RoomLimits same(LogLimits limits) {
        return new RoomLimits(limits, RoomPolicies.same(RoomPolicy.withLog(limits)));
    }

    /** What holds for all rooms: of this only what no policy has may be used. */
    public LogLimits shared() {
        return shared;
    }

    /** The bounds of a room. */
    public LogLimits of(String room) {
        int namespace = policies.indexOf(room);
        return namespace < 0 ? fallback : byNamespace[namespace];
    }
}
