package io.rejoin.benchmarks;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One WebSocket of the client program, below the level of messages: it counts a word in the bytes that come, and reads
 * the time of sending out of every publication when it has a histogram for it.
 *
 * <p>Threading: event loop.
 */
final class FanOutSocket {

    private static final int FINAL_TEXT = 0x81;
    private static final int MASKED = 0x80;
    private static final int LENGTH_IN_TWO_BYTES = 126;

    private final NetSocket socket;
    private final Runnable onWelcome;
    private final ByteCounter counted;
    private final ByteCounter welcomes = new ByteCounter("welcome");
    private final ByteCounter times = new ByteCounter("sentAt=");
    private @Nullable Histogram latency;
    private long time = -1;
    private boolean welcomed;

    FanOutSocket(NetSocket socket, String counted, Runnable onWelcome) {
        this.socket = socket;
        this.counted = new ByteCounter(counted);
        this.onWelcome = onWelcome;
    }

    /** Sends the upgrade and, when it is answered, the hello. */
    void open(String host, int port, String hello) {
        Buffer head = Buffer.buffer();
        socket.handler(bytes -> {
            head.appendBuffer(bytes);
            if (head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
                // The server says nothing more before the hello.
                socket.handler(this::receive);
                send(hello);
            }
        });
        socket.write("GET /v1/connect HTTP/1.1\r\nHost: " + host + ':' + port
                        + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        + "Sec-WebSocket-Protocol: rejoin.v1.json\r\n\r\n")
                .onFailure(fault -> {});
    }

    void send(String text) {
        // What cannot be written is missed by its count.
        socket.write(frame(text)).onFailure(fault -> {});
    }

    void measure(@Nullable Histogram into) {
        latency = into;
    }

    void onClosed(Runnable closed) {
        socket.closeHandler(v -> closed.run());
    }

    /** Occurrences of the word since the welcome. */
    long count() {
        return counted.count();
    }

    /** A masked text frame; its key is 0, so that masking changes nothing. */
    private static Buffer frame(String text) {
        byte[] payload = text.getBytes(StandardCharsets.UTF_8);
        Buffer frame = Buffer.buffer(payload.length + 8).appendByte((byte) FINAL_TEXT);
        if (payload.length < LENGTH_IN_TWO_BYTES) {
            frame.appendByte((byte) (MASKED | payload.length));
        } else {
            frame.appendByte((byte) (MASKED | LENGTH_IN_TWO_BYTES)).appendUnsignedShort(payload.length);
        }
        return frame.appendInt(0).appendBytes(payload);
    }

    private void receive(Buffer buffer) {
        ByteBuf bytes = ((BufferInternal) buffer).getByteBuf();
        if (!welcomed) {
            bytes.forEachByte(next -> {
                welcomes.accept(next);
                return true;
            });
            if (welcomes.count() > 0) {
                welcomed = true;
                onWelcome.run();
            }
            return;
        }
        Histogram into = latency;
        bytes.forEachByte(next -> {
            counted.accept(next);
            if (into != null) {
                readTime(next, into);
            }
            return true;
        });
    }

    private void readTime(byte next, Histogram into) {
        if (time >= 0) {
            if (next >= '0' && next <= '9') {
                time = time * 10 + (next - '0');
            } else {
                Histograms.record(into, System.nanoTime() - time);
                time = -1;
            }
        } else if (times.accept(next)) {
            time = 0;
        }
    }
}
