package io.rejoin.protocol;

import java.util.List;

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

    /**
     * Joins frames to one message: a JSON array of them, in their order.
     *
     * @param frames of the JSON format; one alone is the message as it is, none make an empty array
     * @return the bytes of the message; of a single frame its own array, not a copy
     */
    public static byte[] batch(List<EncodedFrame> frames) {
        if (frames.size() == 1) {
            return frames.get(0).message;
        }
        int size = frames.isEmpty() ? 2 : frames.size() + 1;
        for (EncodedFrame frame : frames) {
            size += frame.message.length;
        }
        byte[] batch = new byte[size];
        batch[0] = '[';
        int at = 1;
        for (EncodedFrame frame : frames) {
            if (at > 1) {
                batch[at++] = ',';
            }
            System.arraycopy(frame.message, 0, batch, at, frame.message.length);
            at += frame.message.length;
        }
        batch[at] = ']';
        return batch;
    }
}
