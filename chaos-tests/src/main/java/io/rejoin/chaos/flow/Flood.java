package io.rejoin.chaos.flow;

import io.rejoin.chaos.client.Endpoint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Clients that send too much, or never finish what they send. Each opens its connection again as soon as the node has ended it.
 *
 * <p>Threading: on the loop.
 */
final class Flood {

    private static final long TICK_NANOS = 2_000_000L;
    private static final int MOST_PENDING_BYTES = 256 << 10;
    private static final int FRAMES_PER_SECOND = 10_000;
    private static final int LARGE_MESSAGE = (64 << 10) - 200;
    private static final int PART = 2 << 10;
    private static final int TICKS_PER_PART = 8;
    /** Those that are closed for what they do come again like clients with a backoff: a storm of arrivals is another matter. */
    private static final long RETURN_NANOS = 500_000_000L;

    private static final String THROTTLES = "rejoin_throttles_total";
    private static final String HANDSHAKE =
            "GET /v1/connect HTTP/1.1\r\nHost: node\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nX-Filler: ";

    private final FlowLoop loop;
    private final Endpoint endpoint;
    private final Kind kind;
    private final long most;
    private final List<Client> clients = new ArrayList<>();
    private final SortedMap<Integer, Long> closes = new TreeMap<>();
    private final SortedMap<String, Long> errors = new TreeMap<>();
    private boolean running;
    private long sent;
    private long answered;

    /** What its clients do. */
    enum Kind {
        /** One client sends 10,000 frames per second. */
        FRAMES("10,000 frames/s from one client", 1, true, THROTTLES),
        /** One client publishes messages of 64 KiB as fast as the socket takes them, whatever is acknowledged. */
        LARGE_MESSAGES("64 KiB messages at line rate", 1, true, THROTTLES),
        /** One client publishes far above the rate of its room, whatever is answered. */
        PUBLISHES("publishes above the rate of a room", 1, true, "rejoin_publishes_refused_total"),
        /** Some clients join and leave one new room after the other. */
        JOINS("joins of ever new rooms", 4, true, ""),
        /** Hundreds of clients send a request for a WebSocket byte by byte. */
        HANDSHAKES("handshakes that never end", 300, false, ""),
        /** Many clients send fragments of a message that never ends. */
        FRAGMENTS("messages that never end", 100, true, "");

        private final String text;
        private final int clients;
        private final boolean greets;
        private final String limit;

        Kind(String text, int clients, boolean greets, String limit) {
            this.text = text;
            this.clients = clients;
            this.greets = greets;
            this.limit = limit;
        }

        /** What the node counts when it keeps to its limit; empty where others than rates bound it. */
        String limit() {
            return limit;
        }

        String text() {
            return text;
        }
    }

    /**
     * Describes one; nothing is opened.
     *
     * @param most frames or fragments that it sends
     */
    Flood(FlowLoop loop, Endpoint endpoint, Kind kind, long most) {
        this.loop = loop;
        this.endpoint = endpoint;
        this.kind = kind;
        this.most = most;
    }

    void start() {
        running = true;
        for (int i = 0; i < kind.clients; i++) {
            Client client = new Client(i);
            clients.add(client);
            client.open();
        }
        loop.every(TICK_NANOS, this::tick);
    }

    /** Ends it, and all connections. */
    void stop() {
        running = false;
        clients.forEach(Client::abandon);
        clients.clear();
    }

    /** Frames, bytes of handshakes or fragments sent. */
    long sent() {
        return sent;
    }

    /** Frames that came back, errors left out. */
    long answered() {
        return answered;
    }

    /** Connections that the node ended, by code. */
    SortedMap<Integer, Long> closes() {
        return closes;
    }

    /** Errors that came back, by code. */
    SortedMap<String, Long> errors() {
        return errors;
    }

    private boolean tick() {
        if (running) {
            clients.forEach(Client::tick);
        }
        return running;
    }

    /** One of them. */
    private final class Client implements FlowSocket.Listener {

        private final int index;
        private FlowSocket socket;
        private boolean open;
        private long step;
        private long number;
        private double due;

        Client(int index) {
            this.index = index;
            this.socket = connect();
        }

        private FlowSocket connect() {
            FlowSocket.Options options = FlowSocket.Options.to(endpoint);
            return new FlowSocket(loop, kind.greets ? options : options.silent(), this);
        }

        void open() {
            if (socket.isEnded()) {
                socket = connect();
            }
        }

        void abandon() {
            socket.abandon();
        }

        @Override
        public void onOpen() {
            open = true;
            number = 0;
            socket.send("{\"type\":\"hello\"}");
        }

        @Override
        public void onMessage(byte[] bytes, int from, int length) {
            ServerFrame.read(bytes, from, length, frame -> {
                if (frame.type.equals("error")) {
                    errors.merge(frame.code, 1L, Long::sum);
                } else {
                    answered++;
                }
            });
        }

        @Override
        public void onEnd(int code, String reason) {
            open = false;
            if (running) {
                closes.merge(code, 1L, Long::sum);
                loop.after(RETURN_NANOS, () -> {
                    if (running) {
                        open();
                    }
                });
            }
        }

        void tick() {
            if (kind == Kind.HANDSHAKES) {
                dribble();
            } else if (open) {
                double perTick = kind == Kind.FRAGMENTS ? 1.0 / TICKS_PER_PART : FRAMES_PER_SECOND * TICK_NANOS / 1e9;
                due = Math.min(due + perTick, FRAMES_PER_SECOND / 10.0);
                while (open && due >= 1 && sent < most && socket.pendingBytes() < MOST_PENDING_BYTES) {
                    sendOne();
                    sent++;
                    due--;
                }
            }
        }

        private void sendOne() {
            step++;
            switch (kind) {
                case FRAMES -> socket.send("{\"type\":\"ping\",\"time\":" + step + "}");
                case PUBLISHES ->
                    socket.send("{\"type\":\"publish\",\"room\":\"" + Floods.LIMITED_ROOM
                            + "\",\"class\":\"ephemeral\",\"data\":" + step + '}');
                case JOINS -> {
                    String room = "flood/" + index + '-' + (step + 1) / 2;
                    socket.send("{\"type\":\"" + (step % 2 == 1 ? "join" : "leave") + "\",\"room\":\"" + room + "\"}");
                }
                case LARGE_MESSAGES -> sendLarge();
                default -> {
                    byte[] part = new byte[PART];
                    Arrays.fill(part, (byte) ' ');
                    socket.sendUnfinished(part, number++ == 0);
                }
            }
        }

        private void sendLarge() {
            number++;
            byte[] front = ("{\"type\":\"publish\",\"room\":\"flood/large\",\"number\":" + number + ",\"data\":\"")
                    .getBytes(StandardCharsets.US_ASCII);
            byte[] text = Arrays.copyOf(front, LARGE_MESSAGE);
            Arrays.fill(text, front.length, text.length - 2, (byte) 'x');
            text[text.length - 2] = '"';
            text[text.length - 1] = '}';
            socket.send(text);
        }

        private void dribble() {
            if (step % 25 == index % 25) {
                int at = (int) (step / 25);
                byte[] next = {(byte) (at < HANDSHAKE.length() ? HANDSHAKE.charAt(at) : 'x')};
                socket.sendRaw(next);
                sent++;
            }
            step++;
        }
    }
}
