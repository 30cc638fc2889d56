package io.rejoin.session;

/**
 * What sessions count.
 *
 * <p>Threading: thread-safe; called from every event loop.
 */
public interface SessionMetrics {

    /** Counts nothing. */
    SessionMetrics NONE = new SessionMetrics() {};

    /**
     * A hello was answered.
     *
     * @param outcome {@code new}, {@code resumed}, {@code unknown} (right secret, no record), {@code foreign} (wrong secret),
     *     {@code taken-over}, {@code refused}, {@code unavailable}
     * @param tookMs from the hello to the welcome or close
     */
    default void onHello(String outcome, long tookMs) {}

    /** A client was told to come again later: at its {@code arrival}, or at its {@code hello}. */
    default void onArrivalRefused(String stage) {}

    /** A connection was closed because a newer one owns its session: found by {@code message} or by {@code touch}. */
    default void onTakeover(String foundBy) {}

    /** An error was answered. */
    default void onError(String code) {}

    /** A publish was answered so long after it was read. */
    default void onPublish(long tookMs) {}

    /** Reading from a socket was paused because too many publishes are unacknowledged. */
    default void onBackpressure() {}

    /** Reading from a socket was paused because frames or bytes came faster than their rate. */
    default void onThrottle() {}

    /** A publish was above the rate of its {@code connection}, {@code user} or {@code room}. */
    default void onPublishRefused(String whose) {}
}
