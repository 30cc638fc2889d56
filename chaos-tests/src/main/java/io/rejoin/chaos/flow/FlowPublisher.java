package io.rejoin.chaos.flow;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Publishes into one room: as fast as the node takes it, or so many per second. Each publication tells when it was sent and which one
 * it is.
 *
 * <p>Threading: on the loop. Limits: unacknowledged publishes by the load's window, those without ack by what the socket takes.
 * Failure: a connection that ends stays so, and {@link #fault} tells it.
 */
final class FlowPublisher implements FlowSocket.Listener {

    private static final int MOST_PENDING_BYTES = 256 << 10;
    private static final int PER_TURN = 64;
    private static final long TICK_NANOS = 2_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000L;
    private static final long RETRY_MS = 100;

    private final FlowLoop loop;
    private final String room;
    private final Load load;
    private final FlowSocket socket;
    private final byte[] padding;
    private final SortedMap<String, Long> errors = new TreeMap<>();
    private String fault = "";
    private boolean welcome;
    private boolean pumping;
    private boolean pausing;
    private long wanted;
    private long next = 1;
    private long lowest = 1;
    private long refused = Long.MAX_VALUE;
    private long retryMs;
    private double due;
    private long tickedAt = System.nanoTime();

    /**
     * What to publish.
     *
     * @param bytes of padding in each publication
     * @param keys used in turn; 0 for none
     * @param window most unacknowledged publishes
     * @param perSecond 0 for as many as possible
     * @param ephemeral whether to publish without numbers
     */
    record Load(int bytes, int keys, int window, double perSecond, boolean ephemeral) {

        /** Durable publishes without keys, as fast as they are acknowledged. */
        static Load full(int bytes) {
            return new Load(bytes, 0, 256, 0, false);
        }

        Load withKeys(int count) {
            return new Load(bytes, count, window, perSecond, ephemeral);
        }

        Load withRate(double publishesPerSecond) {
            return new Load(bytes, keys, window, publishesPerSecond, ephemeral);
        }

        Load withWindow(int publishes) {
            return new Load(bytes, keys, publishes, perSecond, ephemeral);
        }

        Load asEphemeral() {
            return new Load(bytes, keys, window, perSecond, true);
        }
    }

    /** Opens a connection; nothing is published until it is asked for. */
    FlowPublisher(FlowLoop loop, FlowSocket.Options options, String room, Load load) {
        this.loop = loop;
        this.room = room;
        this.load = load;
        this.padding = new byte[load.bytes()];
        Arrays.fill(padding, (byte) 'x');
        this.socket = new FlowSocket(loop, options, this);
        if (load.perSecond() > 0) {
            loop.every(TICK_NANOS, this::tick);
        }
    }

    /** Asks for so many further publications. */
    void publish(long count) {
        wanted += count;
        pump();
    }

    /** Publishes nothing beyond what is sent. */
    void stop() {
        wanted = next - 1;
    }

    /** Whether all that was asked for is acknowledged, or, without acks, with the kernel. */
    boolean isDone() {
        return isSettled() && next > wanted;
    }

    private boolean isSettled() {
        return load.ephemeral() ? socket.pendingBytes() == 0 : lowest == next;
    }

    boolean isWelcome() {
        return welcome;
    }

    /** How many it was asked for so far. */
    long wanted() {
        return wanted;
    }

    /** How many were published so far. */
    long published() {
        return next - 1;
    }

    /** Errors answered, by code. */
    SortedMap<String, Long> errors() {
        return errors;
    }

    /** Why it cannot go on; empty when it can. */
    String fault() {
        return fault;
    }

    void close() {
        socket.abandon();
    }

    String state() {
        return "room=" + room + " wanted=" + wanted + " next=" + next + " lowest=" + lowest + " pending="
                + socket.pendingBytes() + " errors=" + errors + " fault=" + fault;
    }

    @Override
    public void onOpen() {
        socket.send("{\"type\":\"hello\"}");
    }

    @Override
    public void onMessage(byte[] bytes, int from, int length) {
        ServerFrame.read(bytes, from, length, this::onFrame);
        pump();
    }

    @Override
    public void onDrained() {
        pump();
    }

    @Override
    public void onEnd(int code, String reason) {
        fault = "closed with " + code + " " + reason;
    }

    private void onFrame(ServerFrame frame) {
        switch (frame.type) {
            case "welcome" -> welcome = true;
            case "ack" -> {
                lowest = Math.max(lowest, frame.number + 1);
                repeatRefused();
            }
            case "ping" -> socket.send("{\"type\":\"pong\",\"time\":" + frame.time + '}');
            case "error" -> onError(frame);
            default -> {
                // It joined nothing.
            }
        }
    }

    private void onError(ServerFrame error) {
        errors.merge(error.code, 1L, Long::sum);
        if (error.number >= lowest && error.number < refused) {
            refused = error.number;
            retryMs = Math.max(RETRY_MS, error.retryAfter);
        }
        repeatRefused();
    }

    /** A publish may be refused while lower ones wait for their acks; those above it are refused because of it. */
    private void repeatRefused() {
        if (refused != lowest || pausing) {
            return;
        }
        pausing = true;
        loop.after(retryMs * NANOS_PER_MILLI, () -> {
            pausing = false;
            refused = Long.MAX_VALUE;
            next = lowest;
            pump();
        });
    }

    private boolean tick() {
        long now = System.nanoTime();
        due = Math.min(due + load.perSecond() * (now - tickedAt) / 1e9, Math.max(1, load.perSecond() / 100));
        tickedAt = now;
        pump();
        return !socket.isEnded();
    }

    private void pump() {
        if (pumping || !welcome) {
            return;
        }
        int turn = 0;
        while (mayPublish() && turn < PER_TURN) {
            publishNext();
            turn++;
        }
        if (turn == PER_TURN) {
            pumping = true;
            loop.execute(() -> {
                pumping = false;
                pump();
            });
        }
    }

    private boolean mayPublish() {
        return next <= wanted
                && !pausing
                && !socket.isEnded()
                && (load.ephemeral() || next - lowest < load.window())
                && (load.perSecond() == 0 || due >= 1)
                && socket.pendingBytes() < MOST_PENDING_BYTES;
    }

    private void publishNext() {
        StringBuilder head = new StringBuilder("{\"type\":\"publish\",\"room\":\"")
                .append(room)
                .append("\",");
        if (load.ephemeral()) {
            head.append("\"class\":\"ephemeral\",");
        } else {
            head.append("\"number\":")
                    .append(next)
                    .append(",\"first\":")
                    .append(lowest)
                    .append(',');
        }
        if (load.keys() > 0) {
            head.append("\"key\":\"k").append(next % load.keys()).append("\",");
        }
        head.append("\"data\":{\"t\":")
                .append(System.nanoTime())
                .append(",\"n\":")
                .append(next)
                .append(",\"p\":\"");
        byte[] front = head.toString().getBytes(StandardCharsets.US_ASCII);
        byte[] text = Arrays.copyOf(front, front.length + padding.length + 3);
        System.arraycopy(padding, 0, text, front.length, padding.length);
        text[text.length - 3] = '"';
        text[text.length - 2] = '}';
        text[text.length - 1] = '}';
        socket.send(text);
        next++;
        if (load.perSecond() > 0) {
            due -= 1;
        }
    }
}
