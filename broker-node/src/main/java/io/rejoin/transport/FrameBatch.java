package io.rejoin.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.rejoin.protocol.EncodedFrame;
import java.util.ArrayList;
import java.util.List;

/**
 * What one turn of the loop has for one socket, written as few WebSocket messages and one buffer.
 *
 * <p>Frames are shared bytes; here they are only referred to until the flush. Then headers and payloads are copied into one pooled
 * direct buffer: the copy to direct memory is needed anyway, and so the socket gets one write instead of one per frame, and the client
 * one message of several frames. Server frames are not masked and no extension is negotiated, so the bytes are the final ones.
 *
 * <p>Threading: event loop of the connection.
 */
final class FrameBatch {

    /** Bound of a message of several frames; a larger frame goes alone. */
    static final int MAX_MESSAGE = 64 * 1024;

    private static final int FINAL_TEXT = 0x81;

    private final List<EncodedFrame> frames = new ArrayList<>(0);
    private int bytes;

    void add(EncodedFrame frame) {
        frames.add(frame);
        bytes += frame.size();
    }

    boolean isEmpty() {
        return frames.isEmpty();
    }

    int frames() {
        return frames.size();
    }

    /** Bytes of the payloads. */
    int bytes() {
        return bytes;
    }

    void clear() {
        frames.clear();
        bytes = 0;
    }

    /** Encodes everything; the batch is unchanged. The caller owns the buffer. */
    ByteBuf encode(ByteBufAllocator allocator) {
        // A frame costs at most its header of 10 bytes, or a comma and its share of brackets and header.
        ByteBuf out = allocator.directBuffer(bytes + 12 * frames.size());
        int next = 0;
        while (next < frames.size()) {
            next = writeMessage(out, next);
        }
        return out;
    }

    private int writeMessage(ByteBuf out, int from) {
        int size = frames.get(from).size();
        int to = from + 1;
        while (to < frames.size() && size + frames.get(to).size() + 3 <= MAX_MESSAGE) {
            size += frames.get(to).size() + 1;
            to++;
        }
        if (to == from + 1) {
            writeHeader(out, size);
            out.writeBytes(frames.get(from).message());
            return to;
        }
        writeHeader(out, size + 2);
        for (int i = from; i < to; i++) {
            out.writeByte(i == from ? '[' : ',').writeBytes(frames.get(i).message());
        }
        out.writeByte(']');
        return to;
    }

    /** RFC 6455 section 5.2, the length in its shortest form. */
    private static void writeHeader(ByteBuf out, int length) {
        out.writeByte(FINAL_TEXT);
        if (length <= 125) {
            out.writeByte(length);
        } else if (length <= 0xFFFF) {
            out.writeByte(126).writeShort(length);
        } else {
            out.writeByte(127).writeLong(length);
        }
    }
}
