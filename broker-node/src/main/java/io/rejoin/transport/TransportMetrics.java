package io.rejoin.transport;

/**
 * What the transport counts.
 *
 * <p>Threading: thread-safe; called from every event loop, often.
 */
public interface TransportMetrics {

    /** Counts nothing. */
    TransportMetrics NONE = new TransportMetrics() {
        @Override
        public void opened() {}

        @Override
        public void closed(int code, long lifetimeMs) {}

        @Override
        public void refused(int status) {}

        @Override
        public void handshakeCutOff(String reason) {}

        @Override
        public void roundTrip(long millis) {}

        @Override
        public void controlQueueOverflow() {}

        @Override
        public void written(int frames, int bytes) {}

        @Override
        public void received(int bytes) {}
    };

    /** A connection was opened. */
    void opened();

    /**
     * A connection is gone.
     *
     * @param code of the close frame, 1006 when there was none
     * @param lifetimeMs since it was opened
     */
    void closed(int code, long lifetimeMs);

    /**
     * A request on the client listener was refused.
     *
     * @param status HTTP status of the answer
     */
    void refused(int status);

    /** A TCP connection that was no WebSocket yet was cut off: {@code timeout}, or {@code crowded}. */
    void handshakeCutOff(String reason);

    /** A ping came back after so many milliseconds. */
    void roundTrip(long millis);

    /** A connection is closed because too many control frames waited for it. */
    void controlQueueOverflow();

    /**
     * Frames were handed to a socket in one write.
     *
     * @param frames how many
     * @param bytes with WebSocket headers
     */
    void written(int frames, int bytes);

    /**
     * A complete message arrived.
     *
     * @param bytes of its payload
     */
    void received(int bytes);
}
