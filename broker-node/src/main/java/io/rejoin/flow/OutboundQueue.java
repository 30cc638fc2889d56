package io.rejoin.flow;

import io.rejoin.protocol.EncodedFrame;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What waits for a socket that takes nothing more: control frames and replies, never durable publications.
 *
 * <p>Bounded in frames and in bytes, because many small frames cost memory beyond their bytes.
 *
 * <p>Threading: event loop of the connection. Ordering: first in, first out. Limits: those of the constructor; a frame that would
 * exceed one is refused.
 */
public final class OutboundQueue {

    /** What became of a frame. */
    public enum Offer {
        /** It waits. */
        QUEUED,
        /** It was refused; the queue is unchanged. */
        OVER_LIMIT
    }

    private final int maxFrames;
    private final long maxBytes;
    private final Deque<EncodedFrame> frames = new ArrayDeque<>(0);
    private long bytes;

    /**
     * Creates an empty queue.
     *
     * @param maxFrames most frames that wait
     * @param maxBytes most bytes that wait
     */
    public OutboundQueue(int maxFrames, long maxBytes) {
        this.maxFrames = maxFrames;
        this.maxBytes = maxBytes;
    }

    /** Appends a frame. */
    public Offer offer(EncodedFrame frame) {
        if (frames.size() >= maxFrames || bytes + frame.size() > maxBytes) {
            return Offer.OVER_LIMIT;
        }
        frames.add(frame);
        bytes += frame.size();
        return Offer.QUEUED;
    }

    /** Takes the oldest frame; null when none waits. */
    public @Nullable EncodedFrame poll() {
        EncodedFrame frame = frames.poll();
        if (frame != null) {
            bytes -= frame.size();
        }
        return frame;
    }

    /** Whether nothing waits. */
    public boolean isEmpty() {
        return frames.isEmpty();
    }

    /** Bytes that wait. */
    public long bytes() {
        return bytes;
    }
}
