package io.rejoin.room;

/**
 * Bounds of one room's log.
 *
 * <p>Threading: immutable.
 *
 * @param publications most retained publications; 0 for a room that keeps none
 * @param bytes most retained bytes, by {@link Publication#weight()}
 * @param ageMs publications older than this are let go
 * @param publishers most publishers whose numbers are remembered
 * @param publisherBytes most bytes of their numbers
 * @param inflight how many of a publisher's newest numbers have their positions remembered
 * @param forgetMs a publisher is forgotten no sooner after its last number
 * @param leaseMs how long an interest lives without renewal
 * @param idleMs a room without interest and appends is removed after it
 */
public record LogLimits(
        int publications,
        long bytes,
        long ageMs,
        int publishers,
        int publisherBytes,
        int inflight,
        long forgetMs,
        long leaseMs,
        long idleMs) {

    /** The same for a log that may not grow. */
    public LogLimits notBeyond(RoomRecord log) {
        return new LogLimits(
                publications,
                Math.min(bytes, log.retainedBytes()),
                ageMs,
                publishers,
                publisherBytes,
                inflight,
                forgetMs,
                leaseMs,
                idleMs);
    }
}
