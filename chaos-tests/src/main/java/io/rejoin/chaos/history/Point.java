package io.rejoin.chaos.history;

/**
 * A point of a room's log, as it is written on the wire; what {@code position} is there.
 *
 * <p>Threading: immutable.
 *
 * @param epoch tag of the stretch of the log; empty only for "before the first publication of whatever log is there"
 * @param offset 0 and above
 */
public record Point(String epoch, long offset) {

    /** Before the first publication of whatever log is there. */
    public static final Point START = new Point("", 0);

    @Override
    public String toString() {
        return epoch + ":" + offset;
    }
}
