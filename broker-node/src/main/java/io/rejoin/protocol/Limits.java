package io.rejoin.protocol;

/**
 * What a client must keep to, as told in {@code welcome}.
 *
 * <p>Threading: immutable.
 *
 * @param message largest message in bytes
 * @param rooms most rooms a connection may join
 * @param inflight most unacknowledged publishes a connection may have
 */
public record Limits(int message, int rooms, int inflight) {}
