package io.rejoin.protocol;

/**
 * One frame, encoded: the bytes of a WebSocket message, shared by everyone it goes to.
 *
 * <p>Threading: immutable; the array must not change.
 */
public final class EncodedFrame {

    private final byte[] message;

    /**
     * Wraps encoded bytes.
     *
     * @param message valid UTF-8 JSON of one frame; not copied
     */
    public EncodedFrame(byte[] message) {
        this.message = message;
    }

    /** The bytes themselves, not a copy. */
    public byte[] message() {
        return message;
    }

    /** Size in bytes. */
    public int size() {
        return message.length;
    }
}
