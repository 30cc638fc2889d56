package io.rejoin.flow;

/**
 * Milliseconds that only go forward, for ages and deadlines on one node; the origin means nothing.
 *
 * <p>Threading: thread-safe.
 */
@FunctionalInterface
public interface Ticker {

    /** Milliseconds since some origin. */
    long millis();
}
