package io.rejoin.session;

import io.rejoin.auth.Upgrade;
import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.EncodedFrame;
import java.time.Duration;

/**
 * One WebSocket, as the session sees it.
 *
 * <p>Laws: (1) what is sent and written reaches the client in the order of the calls, or the connection closes; (2) nothing is
 * flushed before {@link #flush} or the end of the loop's turn; (3) after {@link #close} or {@link ConnectionListener#onClosed}
 * every call is a no-op; (4) messages of the client are told one after the other, and none while reading is paused, except those
 * already read.
 *
 * <p>Threading: event loop; every method is called on {@link #loop()}, except {@link #id} and {@link #loop}.
 */
public interface Connection {

    /** Unique per connection of this node. */
    long id();

    /**
     * What came with the upgrade and may tell who the client is; given once and then forgotten.
     *
     * @return {@link Upgrade#NONE} when it was given before
     */
    Upgrade takeUpgrade();

    /** The loop that owns the connection. */
    EventLoop loop();

    /** Whether the socket takes more without queueing beyond its watermark. */
    boolean isWritable();

    /**
     * Whether the kernel has taken everything that was sent and written, and the client everything before the last {@link #mark}. After
     * {@code false}, {@link ConnectionListener#onWritable} is called once it is so.
     */
    boolean isDrained();

    /**
     * Sends a WebSocket ping behind what was written, which every client has to answer: until it does, {@link #isDrained} is false. Does
     * nothing while one is unanswered.
     */
    void mark();

    /** A number that changes whenever the kernel, or the client by answering a mark, has taken some of what was sent and written. */
    long progress();

    /**
     * Sends a control frame or a reply: at once when the socket takes it, else from a bounded queue, before anything written later.
     * Over the queue's bound nothing is sent any more, and {@link ConnectionListener#onOverflow} is told.
     */
    void send(EncodedFrame frame);

    /** Writes a publication; to be called only while {@link #isWritable}. */
    void write(EncodedFrame frame);

    /** Hands to the kernel what was written. */
    void flush();

    /** Stops reading from the socket, so that backpressure reaches the client through TCP. */
    void pauseReading();

    /** Goes on reading. */
    void resumeReading();

    /** From now on the client is pinged so often, and silent for that and the timeout when it is found silent. */
    void pingEvery(Duration interval);

    /** Measures the round trip of a ping that the client answered. */
    void onPong(long pingTimeMs);

    /**
     * Sends what is queued, then a close frame, then ends the socket; a client that does not close in time is cut off.
     *
     * @param code why
     * @param retryAfterMs told to the client as {@code retry-after=MS}; 0 for none
     */
    void close(CloseCode code, long retryAfterMs);

    /** As {@link #close(CloseCode, long)}, with a reason for people: at most 100 bytes of ASCII. */
    void close(CloseCode code, String reason);
}
