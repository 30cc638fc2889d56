package io.rejoin.value;

/**
 * A point in a room's log: the offset of a publication and the epoch it was written in.
 *
 * <p>Both always travel together; an offset means nothing without its epoch, except 0: {@link #START} is "before the first
 * publication of whatever log is there now".
 *
 * <p>Threading: immutable.
 *
 * @param epoch the epoch, {@link Epoch#NONE} only beside offset 0
 * @param offset 0 (before the first publication) and above
 */
public record Position(Epoch epoch, long offset) {

    /** Before the first publication of whatever log is there. */
    public static final Position START = new Position(Epoch.NONE, 0);

    /**
     * Checks the offset.
     *
     * @throws IllegalArgumentException when the offset is below 0
     */
    public Position {
        if (offset < 0) {
            throw new IllegalArgumentException("offset=" + offset + " (expected: 0 or above)");
        }
    }

    @Override
    public String toString() {
        return epoch + ":" + offset;
    }
}
