package io.rejoin.cluster;

/**
 * What a node sees of its cluster.
 *
 * <p>Threading: thread-safe.
 */
public interface ClusterMetrics {

    /** Counts nothing. */
    ClusterMetrics NONE = new ClusterMetrics() {};

    /** Members seen now, and how many are planned. */
    default void onMembers(int seen, int planned) {}

    /** Whether the copies of all rooms that lie on this node are in place. */
    default void onSafe(boolean safe) {}
}
