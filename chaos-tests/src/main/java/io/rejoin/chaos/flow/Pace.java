package io.rejoin.chaos.flow;

/**
 * How fast a client reads from its socket.
 *
 * <p>Threading: immutable.
 *
 * @param bytesPerSecond 0 for not at all
 */
record Pace(long bytesPerSecond) {

    /** All that is there, at once. */
    static final Pace FULL = new Pace(Long.MAX_VALUE);
    /** Nothing. */
    static final Pace NONE = new Pace(0);

    boolean isMetered() {
        return bytesPerSecond > 0 && bytesPerSecond < Long.MAX_VALUE;
    }
}
