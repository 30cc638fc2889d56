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
     * Whether the kernel has taken everything that was written: what is written now goes out next. Whoever asked and got {@code false}
     * is told by {@link Membership#onWritable} once it has.
     */
    boolean isDrained();

    /** A number that changes whenever the kernel has taken some of what was written, which it does as long as the client reads. */
    long progress();

    /** Writes a frame; called only while {@link #isWritable}. */
    void write(EncodedFrame frame);

    /** Hands to the kernel what was written. */
    void flush();

    /**
     * Ends the connection with 4002, because its publications waited too long for it. Nothing else happens within the call; what is
     * written meanwhile may be lost. Calls beyond the first do nothing.
     */
    void closeSlow();
}
