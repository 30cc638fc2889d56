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
