package io.rejoin.room;

/**
 * What rooms count.
 *
 * <p>Threading: thread-safe; called from every event loop.
 */
public interface RoomMetrics {

    /** Counts nothing. */
    RoomMetrics NONE = new RoomMetrics() {};

    /** A batch was settled. */
    default void onAppend(int drafts, long tookMs) {}

    /** An append was not settled and is tried again: {@code not-in-sync} or {@code unknown}. */
    default void onAppendRetry(String reason) {}

    /** What became of a draft: {@code applied}, {@code duplicate}, {@code out-of-order}, {@code refused}, {@code unavailable}. */
    default void onDraft(String outcome) {}

    /** Publications were encoded for the members of this node. */
    default void onEncode(int publications) {}

    /** A publication reached this node's tail so long after its room took it. */
    default void onFanOut(long tookMs) {}

    /** Publications were written to members, the ephemeral ones left out. */
    default void onDeliver(int publications) {}

    /** Publications were left out for a member, because newer ones of their keys follow. */
    default void onConflated(long publications) {}

    /** A member's socket was full while publications waited for it. */
    default void onLag() {}

    /** A member was told of a gap. */
    default void onGap(String reason) {}

    /** Joins were answered: {@code live}, {@code resumed}, {@code gap}, {@code failed}. */
    default void onJoin(String outcome) {}

    /** A tail was repaired from the log: {@code hole}, {@code check}, {@code diverged}, {@code jumped}. */
    default void onRepair(String kind) {}

    /** Members that fell behind the tail read the log. */
    default void onCatchUp(int publications) {}

    /** Ephemeral publications were written to members. */
    default void onDeliverEphemeral(int publications) {}

    /** A member made no progress for its room's grace: {@code close} or {@code skip}. */
    default void onSlowConsumer(String action) {}

    /** Ephemeral publications were dropped for members: one that two members did not get counts twice. */
    default void onEphemeralDropped(long count) {}

    /**
     * Ephemeral publications were dropped before they were sent.
     *
     * @param why {@code interest} when they were sent to nobody, since it was not known in time who is interested, {@code rooms} when the
     *     node knew as many rooms as it may, or {@code peer} when one node did not get them, since it had not answered enough of what it was sent
     */
    default void onEphemeralUnsent(String why, long count) {}
}
