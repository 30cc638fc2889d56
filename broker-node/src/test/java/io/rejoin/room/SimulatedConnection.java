package io.rejoin.room;

import io.rejoin.auth.Upgrade;
import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.session.Connection;
import io.rejoin.session.ConnectionListener;
import io.rejoin.testing.ManualScheduler;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A socket between a simulated client and a node: what is sent arrives in order and late, or not at all once an end is gone; what is not
 * read fills it up.
 */
final class SimulatedConnection implements Connection {

    static final int ABNORMAL = 1006;

    private final ManualScheduler scheduler;
    private final SimulatedNode node;
    private final ManualScheduler.Loop loop;
    private final long id;
    private final SimulatedClient client;
    private final int capacity;
    private final LongSupplier delayMs;
    private final ArrayDeque<EncodedFrame> down = new ArrayDeque<>();
    private final ArrayDeque<byte[]> unread = new ArrayDeque<>();
    private Runnable beforeClose = () -> {};
    private @Nullable ConnectionListener listener;
    private long lastUp;
    private boolean downScheduled;
    private long held;
    private long progress;
    private boolean marked;
    private boolean toldFull;
    private boolean nodeReads = true;
    private boolean clientReads = true;
    private boolean closed;
    private boolean leftByClient;
    private int closeCode;

    SimulatedConnection(
            ManualScheduler scheduler,
            SimulatedNode node,
            ManualScheduler.Loop loop,
            long id,
            SimulatedClient client,
            int capacity,
            LongSupplier delayMs) {
        this.scheduler = scheduler;
        this.node = node;
        this.loop = loop;
        this.id = id;
        this.client = client;
        this.capacity = capacity;
        this.delayMs = delayMs;
    }

    // The client's end

    void open() {
        node.connections().add(this);
        up(() -> listener = node.sessions().accept(this));
    }

    SimulatedNode node() {
        return node;
    }

    void fromClient(String message) {
        byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
        up(() -> {
            unread.addLast(bytes);
            readOn();
        });
    }

    private void up(Runnable arrival) {
        lastUp = Math.max(lastUp, scheduler.millis() + delayMs.getAsLong());
        scheduler.after(lastUp - scheduler.millis(), () -> {
            if (node.isAlive()) {
                loop.execute(arrival);
            }
        });
    }

    private void readOn() {
        while (nodeReads && !closed && listener != null && !unread.isEmpty()) {
            listener.onMessage(unread.removeFirst());
        }
    }

    /** The client has left; the node learns it, or never does when a cable was pulled. */
    void leave(boolean silently) {
        leftByClient = true;
        if (!silently) {
            up(() -> end(ABNORMAL));
        }
    }

    boolean isOpenAtNode() {
        return !closed && node.isAlive();
    }

    void clientReads(boolean reads) {
        clientReads = reads;
        if (reads) {
            scheduleDown();
        }
    }

    boolean isClientReading() {
        return clientReads;
    }

    private void scheduleDown() {
        if (!downScheduled && clientReads && !leftByClient) {
            downScheduled = true;
            scheduler.after(delayMs.getAsLong(), this::arriveDown);
        }
    }

    private void arriveDown() {
        downScheduled = false;
        if (!clientReads) {
            return;
        }
        while (!down.isEmpty() && !leftByClient) {
            client.onFrame(this, new String(down.removeFirst().message(), StandardCharsets.UTF_8));
        }
        held = 0;
        marked = false;
        progress++;
        if (closed) {
            tellClosed(closeCode);
        } else if (toldFull) {
            toldFull = false;
            loop.execute(() -> {
                if (!closed && listener != null) {
                    listener.onWritable();
                }
            });
        }
    }

    private void tellClosed(int code) {
        if (!leftByClient) {
            leftByClient = true;
            client.onClosed(this, code);
        }
    }

    /** The node is gone: what was under way is lost. */
    void onNodeDied() {
        down.clear();
        scheduler.after(delayMs.getAsLong(), () -> tellClosed(closed ? closeCode : ABNORMAL));
    }

    /** Has something happen when the connection ends. */
    void beforeClose(Runnable action) {
        beforeClose = action;
    }

    // The node's end

    private void end(int code) {
        if (closed) {
            return;
        }
        closed = true;
        closeCode = code;
        beforeClose.run();
        node.connections().remove(this);
        if (listener != null) {
            listener.onClosed(code);
        }
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Upgrade takeUpgrade() {
        return Upgrade.NONE;
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    @Override
    public boolean isWritable() {
        boolean writable = held <= capacity && !closed;
        toldFull |= !writable;
        return writable;
    }

    @Override
    public void pingEvery(Duration interval) {
        // Nobody falls silent here.
    }

    @Override
    public boolean isDrained() {
        boolean drained = down.isEmpty() && !marked && !closed;
        toldFull |= !drained;
        return drained;
    }

    @Override
    public void mark() {
        marked = true;
        scheduleDown();
    }

    @Override
    public long progress() {
        return progress;
    }

    @Override
    public void send(EncodedFrame frame) {
        if (!closed) {
            down.addLast(frame);
            held += frame.size();
            scheduleDown();
        }
    }

    @Override
    public void write(EncodedFrame frame) {
        send(frame);
    }

    @Override
    public void flush() {
        // What is sent is on its way already.
    }

    @Override
    public void pauseReading() {
        nodeReads = false;
    }

    @Override
    public void resumeReading() {
        if (!nodeReads) {
            nodeReads = true;
            loop.execute(this::readOn);
        }
    }

    @Override
    public void onPong(long pingTimeMs) {
        // Nobody measures here.
    }

    @Override
    public void close(CloseCode code, long retryAfterMs) {
        if (closed) {
            return;
        }
        closed = true;
        closeCode = code.number();
        beforeClose.run();
        node.connections().remove(this);
        loop.execute(() -> {
            if (listener != null) {
                listener.onClosed(code.number());
            }
        });
        if (clientReads) {
            scheduleDown();
        } else {
            // A client that does not read is cut off.
            scheduler.after(1_000, () -> tellClosed(ABNORMAL));
        }
    }

    @Override
    public void close(CloseCode code, String reason) {
        close(code, 0);
    }

    @Override
    public String toString() {
        return "connection " + id + " to " + node;
    }
}
