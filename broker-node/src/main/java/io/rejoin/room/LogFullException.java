package io.rejoin.room;

/**
 * The owner of a room's log has no memory for one more room: nothing has changed, and asking again at once is of no use.
 *
 * <p>Threading: immutable.
 */
public final class LogFullException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** Says which room. */
    public LogFullException(String room) {
        super(
                "room=" + room + " was not made: the logs of its owner have node.log-bytes (expected: less)",
                null,
                false,
                false);
    }
}
