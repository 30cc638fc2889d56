package io.rejoin.protocol;

/**
 * Reads client messages and writes server frames in one format.
 *
 * <p>Laws: (1) {@code decode} never throws, whatever the bytes; (2) it stops at the first violation; (3) a frame it hands out
 * holds no reference to the message; (4) {@code encode} is deterministic; (5) payloads pass through byte for byte.
 *
 * <p>Threading: thread-safe, stateless.
 */
public interface FrameCodec {

    /**
     * Reads one message: an object, or an array of objects.
     *
     * @param message the whole text message as bytes
     * @param helloOnly true before the first {@code hello}: the first element must be one, and a fault in it is a violation
     * @param sink takes the elements in order
     */
    void decode(byte[] message, boolean helloOnly, FrameSink sink);

    /** Writes one frame. */
    EncodedFrame encode(ServerFrame frame);
}
