package io.rejoin.room;

import io.rejoin.protocol.EncodedFrame;

/**
 * Whoever gets a room's publications: a connection.
 *
 * <p>Threading: event loop of the connection.
 */
public interface Member {

    /** Whether the socket takes more. */
    boolean isWritable();

    /**
     * Whether the kernel has taken everything that was written, and the client everything before the last {@link #mark}: what is written
     * now arrives next. Whoever asked and got {@code false} is told by {@link Membership#onWritable} once it is so.
     */
    boolean isDrained();

    /** Asks to be told, by {@link #isDrained}, when the client has what was written so far; counts for all that is written meanwhile. */
    void mark();

    /** A number that changes whenever the kernel or the client has taken some of what was written. */
    long progress();

    /** Writes a frame; called only while {@link #isWritable}. */
    void write(EncodedFrame frame);

    /** Hands to the kernel what was written. */
    void flush();

    /**
     * Ends the connection with 4002, because its publications waited too long for it. Nothing else happens within the call; from now on
     * it takes no more. Calls beyond the first do nothing.
     *
     * @return whether it is to be closed because of this call
     */
    boolean closeSlow();
}
