package io.rejoin.transport;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import javax.net.SocketFactory;
import org.assertj.core.api.Assertions;

/** A WebSocket client that sends exactly the bytes it is told, good or bad. */
final class RawClient implements AutoCloseable {

    static final int TEXT = 0x81;
    static final int TEXT_BEGIN = 0x01;
    static final int CONTINUATION = 0x00;
    static final int CONTINUATION_END = 0x80;
    static final int BINARY = 0x82;
    static final int CLOSE = 0x88;
    static final int PING = 0x89;
    static final int PONG = 0x8A;

    private static final String UPGRADE = """
            GET /v1/connect HTTP/1.1
            Host: node
            Upgrade: websocket
            Connection: keep-alive, Upgrade
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
            Sec-WebSocket-Version: 13
            """;

    final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;

    /** A WebSocket frame of the server. */
    static final class Frame {
        private final int first;
        private final byte[] payload;

        private Frame(int first, byte[] payload) {
            this.first = first;
            this.payload = payload;
        }

        int first() {
            return first;
        }

        byte[] payload() {
            return payload;
        }

        String text() {
            return new String(payload, StandardCharsets.UTF_8);
        }

        int closeCode() {
            return (payload[0] & 0xFF) << 8 | (payload[1] & 0xFF);
        }

        String closeReason() {
            return new String(payload, 2, payload.length - 2, StandardCharsets.US_ASCII);
        }
    }

    private RawClient(int port, int receiveBuffer, SocketFactory sockets, InetAddress from) throws IOException {
        socket = sockets.createSocket();
        socket.bind(new InetSocketAddress(from, 0));
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.setSoTimeout(20_000);
        socket.setTcpNoDelay(true);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        in = new DataInputStream(socket.getInputStream());
        out = socket.getOutputStream();
    }

    static RawClient open(int port) throws IOException {
        return open(port, SocketFactory.getDefault());
    }

    /** With a small receive buffer: it does not take long to fill when nothing is read. */
    static RawClient openSmall(int port) throws IOException {
        return openSmall(port, SocketFactory.getDefault());
    }

    static RawClient open(int port, SocketFactory sockets) throws IOException {
        return new RawClient(port, 0, sockets, InetAddress.getLoopbackAddress());
    }

    /** From another address of this machine. */
    static RawClient openFrom(InetAddress from, int port) throws IOException {
        return new RawClient(port, 0, SocketFactory.getDefault(), from);
    }

    static RawClient openSmall(int port, SocketFactory sockets) throws IOException {
        return new RawClient(port, 4096, sockets, InetAddress.getLoopbackAddress());
    }

    /** Upgrades and expects success; the head of the answer is returned. */
    String upgrade(String... headers) throws IOException {
        String head = request(UPGRADE
                + String.join(
                        "",
                        java.util.Arrays.asList(headers).stream()
                                .map(header -> header + "\n")
                                .toList()));
        Assertions.assertThat(head).startsWith("HTTP/1.1 101 ");
        return head;
    }

    /** Sends a request and returns the head of the answer. */
    String request(String head) throws IOException {
        sendRaw((head + "\n").replace("\n", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        while (!answer.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            answer.write(in.readUnsignedByte());
        }
        return answer.toString(StandardCharsets.ISO_8859_1);
    }

    static String upgradeRequest() {
        return UPGRADE;
    }

    void sendRaw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    void send(int first, String payload) throws IOException {
        send(first, payload.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a frame, masked. */
    void send(int first, byte[] payload) throws IOException {
        byte[] mask = {1, 2, 3, 4};
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write(first);
        if (payload.length <= 125) {
            frame.write(0x80 | payload.length);
        } else if (payload.length <= 0xFFFF) {
            frame.write(0x80 | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        } else {
            throw new IllegalArgumentException("payload=" + payload.length);
        }
        frame.writeBytes(mask);
        for (int i = 0; i < payload.length; i++) {
            frame.write(payload[i] ^ mask[i % 4]);
        }
        sendRaw(frame.toByteArray());
    }

    void sendClose(int code) throws IOException {
        send(CLOSE, new byte[] {(byte) (code >> 8), (byte) code});
    }

    /** Reads the next frame. */
    Frame read() throws IOException {
        int first = in.readUnsignedByte();
        int length = in.readUnsignedByte();
        if (length == 126) {
            length = in.readUnsignedShort();
        } else if (length == 127) {
            length = Math.toIntExact(in.readLong());
        }
        byte[] payload = new byte[length];
        in.readFully(payload);
        return new Frame(first, payload);
    }

    /** Reads up to the close frame, which must have this code; its reason is returned. */
    String readClose(int code) throws IOException {
        Frame frame = read();
        while (frame.first() != CLOSE) {
            frame = read();
        }
        Assertions.assertThat(frame.closeCode()).isEqualTo(code);
        return frame.closeReason();
    }

    /** Waits for the server to end the connection. */
    void awaitEnd() throws IOException {
        try {
            while (true) {
                in.readUnsignedByte();
            }
        } catch (EOFException | SocketException e) {
            Assertions.assertThat(e)
                    .satisfiesAnyOf(
                            cause -> Assertions.assertThat(cause).isInstanceOf(EOFException.class),
                            cause -> Assertions.assertThat(cause).hasMessageContaining("reset"));
        }
    }

    /** Ends the socket without a close frame. */
    void end() throws IOException {
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
