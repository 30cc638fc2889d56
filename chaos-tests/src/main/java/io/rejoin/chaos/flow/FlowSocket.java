package io.rejoin.chaos.flow;

import io.rejoin.chaos.client.Endpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;

/**
 * A client's end of one WebSocket, which reads exactly as fast as it is told to: what it does not read stays in the kernel, whose
 * receive buffer is as large as it was asked for.
 *
 * <p>Threading: on the loop. Failure: a broken socket, or bytes that are no WebSocket frames of a server, end it.
 */
final class FlowSocket {

    /** There was no close frame. */
    static final int NO_CLOSE_FRAME = 1006;

    private static final int OPCODE_CONTINUATION = 0x0;
    private static final int OPCODE_TEXT = 0x1;
    private static final int OPCODE_CLOSE = 0x8;
    private static final int OPCODE_PING = 0x9;
    private static final int OPCODE_PONG = 0xA;
    private static final int FINAL = 0x80;
    private static final int MASKED = 0x80;
    private static final int MASK = 0x5A17C3E9;
    private static final int LONGEST_HEADER = 14;
    private static final int SMALLEST_RECEIVE_BUFFER = 4 << 10;
    private static final int LARGEST_RECEIVE_BUFFER = 64 << 10;
    private static final int FIRST_BUFFER = 8 << 10;
    private static final int LARGEST_BUFFER = 1 << 20;
    private static final long METER_NANOS = 10_000_000L;
    private static final byte[] END_OF_RESPONSE = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final FlowLoop loop;
    private final Listener listener;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final Queue<ByteBuffer> out = new ArrayDeque<>();
    private ByteBuffer in = ByteBuffer.allocate(FIRST_BUFFER);
    private Pace pace = Pace.FULL;
    private long pendingBytes;
    private long receivedBytes;
    private double credit;
    private long meteredAt;
    private boolean metering;
    private boolean upgraded;
    private boolean ended;

    /** What a client makes of it. */
    interface Listener {
        /** The upgrade was accepted. */
        void onOpen();

        /** A text message arrived; the bytes are valid during the call only. */
        void onMessage(byte[] bytes, int from, int length);

        /** All that had to wait is with the kernel by now. */
        default void onDrained() {}

        /**
         * It has ended; called once.
         *
         * @param code of the node's close frame, 1006 without one, the HTTP status when the upgrade was refused
         */
        void onEnd(int code, String reason);
    }

    /** Where a socket goes, and how. */
    record Options(Endpoint endpoint, int receiveBuffer, boolean greets) {

        /** With the kernel's own receive buffer. */
        static Options to(Endpoint endpoint) {
            return new Options(endpoint, 0, true);
        }

        /** With a receive buffer of that size; the kernel doubles it for its own use. */
        Options withReceiveBuffer(int bytes) {
            return new Options(endpoint, bytes, greets);
        }

        /** With a receive buffer as small clients have them, each another one. */
        Options withSomeReceiveBuffer(Random random) {
            return withReceiveBuffer(random.nextInt(SMALLEST_RECEIVE_BUFFER, LARGEST_RECEIVE_BUFFER));
        }

        /** Without the request for a WebSocket: for clients that dribble it. */
        Options silent() {
            return new Options(endpoint, receiveBuffer, false);
        }
    }

    /** Opens a connection; the listener is told how it goes. */
    FlowSocket(FlowLoop loop, Options options, Listener listener) {
        this.loop = loop;
        this.listener = listener;
        try {
            channel = SocketChannel.open();
            channel.configureBlocking(false);
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            if (options.receiveBuffer() > 0) {
                channel.setOption(StandardSocketOptions.SO_RCVBUF, options.receiveBuffer());
            }
            key = channel.register(loop.selector(), SelectionKey.OP_CONNECT, this);
            Endpoint endpoint = options.endpoint();
            if (options.greets()) {
                enqueue(ByteBuffer.wrap(("GET /v1/connect HTTP/1.1\r\nHost: " + endpoint.host() + ':' + endpoint.port()
                                + "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                + "Sec-WebSocket-Key: cmVqb2luLWZsb3cta2V5IQ==\r\n"
                                + "Sec-WebSocket-Protocol: rejoin.v1.json\r\n\r\n")
                        .getBytes(StandardCharsets.US_ASCII)));
            }
            if (channel.connect(new InetSocketAddress(endpoint.host(), endpoint.port()))) {
                onConnected();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to " + options.endpoint(), e);
        }
    }

    /** Changes how fast it reads, from now on. */
    void pace(Pace next) {
        pace = next;
        if (next.isMetered() && !metering) {
            metering = true;
            credit = 0;
            meteredAt = System.nanoTime();
            loop.every(METER_NANOS, this::meter);
        }
        interest();
    }

    /** Bytes that wait for the kernel. */
    long pendingBytes() {
        return pendingBytes;
    }

    /** Bytes read so far. */
    long receivedBytes() {
        return receivedBytes;
    }

    boolean isEnded() {
        return ended;
    }

    /** Sends a text message. */
    void send(String text) {
        send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a text message; the bytes are masked in place. */
    void send(byte[] text) {
        sendFrame(FINAL | OPCODE_TEXT, text);
    }

    /** Sends a part of a text message that is never finished. */
    void sendUnfinished(byte[] part, boolean first) {
        sendFrame(first ? OPCODE_TEXT : OPCODE_CONTINUATION, part);
    }

    /** Sends bytes as they are. */
    void sendRaw(byte[] bytes) {
        if (!ended) {
            enqueue(ByteBuffer.wrap(bytes));
            flush();
        }
    }

    /** Ends it without a close frame. */
    void abandon() {
        end(0, "given up by the client");
    }

    private void sendFrame(int firstByte, byte[] payload) {
        if (ended) {
            return;
        }
        ByteBuffer header = ByteBuffer.allocate(LONGEST_HEADER).put((byte) firstByte);
        if (payload.length <= 125) {
            header.put((byte) (MASKED | payload.length));
        } else if (payload.length <= 0xFFFF) {
            header.put((byte) (MASKED | 126)).putShort((short) payload.length);
        } else {
            header.put((byte) (MASKED | 127)).putLong(payload.length);
        }
        header.putInt(MASK).flip();
        for (int i = 0; i < payload.length; i++) {
            payload[i] ^= (byte) (MASK >>> (24 - 8 * (i & 3)));
        }
        enqueue(header);
        enqueue(ByteBuffer.wrap(payload));
        flush();
    }

    private void enqueue(ByteBuffer bytes) {
        out.add(bytes);
        pendingBytes += bytes.remaining();
    }

    void onReady(int ready) {
        try {
            if ((ready & SelectionKey.OP_CONNECT) != 0 && channel.finishConnect()) {
                onConnected();
            }
            if ((ready & SelectionKey.OP_WRITE) != 0) {
                flush();
                if (!ended && out.isEmpty()) {
                    listener.onDrained();
                }
            }
            if ((ready & SelectionKey.OP_READ) != 0) {
                read();
            }
        } catch (IOException e) {
            end(NO_CLOSE_FRAME, String.valueOf(e.getMessage()));
        }
    }

    private void onConnected() {
        interest();
        flush();
    }

    private void flush() {
        if (!channel.isConnected()) {
            return;
        }
        try {
            while (!out.isEmpty()) {
                ByteBuffer[] buffers = out.stream().limit(64).toArray(ByteBuffer[]::new);
                long written = channel.write(buffers);
                pendingBytes -= written;
                while (!out.isEmpty() && !out.element().hasRemaining()) {
                    out.remove();
                }
                if (written == 0) {
                    break;
                }
            }
        } catch (IOException e) {
            // What the node sent before it ended the socket is still there to be read, and tells why.
            out.clear();
            pendingBytes = 0;
        }
        interest();
    }

    private void interest() {
        if (!key.isValid() || !channel.isConnected()) {
            return;
        }
        boolean reads = !upgraded || pace.equals(Pace.FULL) || (pace.isMetered() && credit >= 1);
        key.interestOps((reads ? SelectionKey.OP_READ : 0) | (out.isEmpty() ? 0 : SelectionKey.OP_WRITE));
    }

    private boolean meter() {
        metering = !ended && pace.isMetered();
        if (metering) {
            long now = System.nanoTime();
            double perPeriod = pace.bytesPerSecond() * (METER_NANOS / 1e9);
            credit = Math.min(Math.max(1, 2 * perPeriod), credit + pace.bytesPerSecond() * ((now - meteredAt) / 1e9));
            meteredAt = now;
            interest();
        }
        return metering;
    }

    private void read() throws IOException {
        if (in.remaining() == 0) {
            grow();
        }
        int position = in.position();
        if (upgraded && pace.isMetered()) {
            in.limit((int) Math.min(in.capacity(), position + (long) credit));
        }
        int count = channel.read(in);
        in.limit(in.capacity());
        if (count < 0) {
            end(NO_CLOSE_FRAME, "the node ended the socket");
            return;
        }
        receivedBytes += count;
        if (upgraded && pace.isMetered()) {
            credit -= count;
            interest();
        }
        takeApart();
    }

    private void grow() {
        if (in.capacity() >= LARGEST_BUFFER) {
            throw new IllegalStateException("message above " + LARGEST_BUFFER + " bytes (expected: below)");
        }
        in = ByteBuffer.allocate(in.capacity() * 4).put(in.flip());
    }

    private void takeApart() {
        int length = in.position();
        int at = upgraded ? 0 : endOfResponse(length);
        if (!upgraded || ended) {
            return;
        }
        while (!ended) {
            int next = takeMessage(in.array(), at, length);
            if (next == at) {
                break;
            }
            at = next;
        }
        if (at > 0) {
            in.limit(length).position(at);
            in.compact();
        }
    }

    private int endOfResponse(int length) {
        String text = new String(in.array(), 0, length, StandardCharsets.ISO_8859_1);
        int end = text.indexOf(new String(END_OF_RESPONSE, StandardCharsets.ISO_8859_1));
        if (end < 0) {
            return 0;
        }
        int status = Integer.parseInt(text.substring(9, 12));
        if (status != 101) {
            end(status, text.substring(0, text.indexOf('\r')));
            return 0;
        }
        upgraded = true;
        interest();
        listener.onOpen();
        return end + END_OF_RESPONSE.length;
    }

    /** Takes the frame that starts there; returns where the next one starts, or the same when it is not complete. */
    private int takeMessage(byte[] bytes, int at, int end) {
        if (end - at < 2) {
            return at;
        }
        int code = bytes[at + 1] & 0x7F;
        int header = code < 126 ? 2 : code == 126 ? 4 : 10;
        if (end - at < header) {
            return at;
        }
        ByteBuffer view = ByteBuffer.wrap(bytes);
        long length = code < 126 ? code : code == 126 ? view.getShort(at + 2) & 0xFFFF : view.getLong(at + 2);
        if (end - at - header < length) {
            return at;
        }
        take(bytes[at] & 0xFF, bytes, at + header, (int) length);
        return at + header + (int) length;
    }

    private void take(int firstByte, byte[] bytes, int from, int length) {
        switch (firstByte) {
            case FINAL | OPCODE_TEXT -> listener.onMessage(bytes, from, length);
            case FINAL | OPCODE_PING -> {
                byte[] payload = new byte[length];
                System.arraycopy(bytes, from, payload, 0, length);
                sendFrame(FINAL | OPCODE_PONG, payload);
            }
            case FINAL | OPCODE_PONG -> {
                // Nobody asked for one, and it asks for nothing.
            }
            case FINAL | OPCODE_CLOSE -> {
                int code = length < 2 ? 1005 : ByteBuffer.wrap(bytes).getShort(from) & 0xFFFF;
                String reason = length < 2 ? "" : new String(bytes, from + 2, length - 2, StandardCharsets.UTF_8);
                byte[] answer = new byte[Math.min(2, length)];
                System.arraycopy(bytes, from, answer, 0, answer.length);
                sendFrame(FINAL | OPCODE_CLOSE, answer);
                end(code, reason);
            }
            default ->
                throw new IllegalStateException("first byte of a frame " + Integer.toHexString(firstByte)
                        + " (expected: a whole text message)");
        }
    }

    private void end(int code, String reason) {
        if (ended) {
            return;
        }
        ended = true;
        out.clear();
        pendingBytes = 0;
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot close a socket", e);
        }
        listener.onEnd(code, reason);
    }
}
