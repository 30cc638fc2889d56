package io.rejoin.clusterconfig;

/** Names of every distributed structure of ours. */
public final class StructureNames {

    /** Room logs, by room name; owned by package {@code cluster}. */
    public static final String ROOMS = "rejoin.rooms";

    /** Session records, by session id; owned by package {@code cluster}. */
    public static final String SESSIONS = "rejoin.sessions";

    /** The number of planned members; owned by package {@code cluster}. */
    public static final String PLAN = "rejoin.plan";

    /** Executor of what members ask each other in elections; owned by package {@code cluster}. */
    public static final String ELECTION = "rejoin.election";

    /** The cluster's secret; owned by package {@code cluster}. */
    public static final String SECRETS = "rejoin.secrets";

    /** Revoked tokens and users; owned by package {@code cluster}. */
    public static final String REVOCATIONS = "rejoin.revocations";

    /** Rule that keeps a minority from changing rooms and sessions. */
    public static final String MAJORITY_RULE = "rejoin.majority";

    private StructureNames() {}
}
