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

    /** Frames were written to members. */
    default void onDeliver(int frames) {}

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

    /** Ephemeral publications were dropped. */
    default void onEphemeralDropped(int count) {}
}
