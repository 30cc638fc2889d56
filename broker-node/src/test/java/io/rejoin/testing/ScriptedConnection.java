package io.rejoin.testing;

import io.rejoin.auth.Upgrade;
import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.session.Connection;
import io.rejoin.session.ConnectionAcceptor;
import io.rejoin.session.ConnectionListener;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A connection without a socket: the test says what the client sends and sees what it would get.
 *
 * <p>Threading: that of {@link ManualScheduler}.
 */
public final class ScriptedConnection implements Connection {

    private final ManualScheduler scheduler;
    private final ManualScheduler.Loop loop;
    private final ConnectionListener listener;
    private final List<JsonObject> frames = new ArrayList<>();
    private boolean reading = true;
    private @Nullable CloseCode closed;
    private @Nullable Duration pingInterval;
    private long retryAfterMs;

    /** Opens a connection on a loop of its own. */
    public ScriptedConnection(ManualScheduler scheduler, ConnectionAcceptor acceptor) {
        this.scheduler = scheduler;
        this.loop = scheduler.newLoop();
        this.listener = acceptor.accept(this);
    }

    /** Has a message arrive, and whatever follows from it. */
    public void receive(String message) {
        loop.execute(() -> listener.onMessage(message.getBytes(StandardCharsets.UTF_8)));
        scheduler.runAll();
    }

    /** Has a frame arrive that completes no message. */
    public void receivePart(int bytes) {
        loop.execute(() -> listener.onPart(bytes));
        scheduler.runAll();
    }

    /** What was sent so far, in order. */
    public List<JsonObject> frames() {
        return List.copyOf(frames);
    }

    /** Frames of a type sent so far, in order. */
    public List<JsonObject> frames(String type) {
        return frames.stream()
                .filter(frame -> type.equals(frame.getString("type")))
                .toList();
    }

    /** Whether more would be read from the socket. */
    public boolean isReading() {
        return reading;
    }

    /** Why it was closed; {@code null} while it is open. */
    public @Nullable CloseCode closed() {
        return closed;
    }

    /** What it was told with the close; 0 for nothing. */
    public long retryAfterMs() {
        return retryAfterMs;
    }

    /** Has too many control frames wait for the socket, and whatever follows from it. */
    public void overflow() {
        loop.execute(listener::onOverflow);
        scheduler.runAll();
    }

    @Override
    public long id() {
        return 1;
    }

    @Override
    public Upgrade takeUpgrade() {
        return Upgrade.NONE;
    }

    @Override
    public EventLoop loop() {
        return loop;
    }

    /** How often the client is pinged, as the session asked for it; {@code null} when it did not. */
    public @Nullable Duration pingInterval() {
        return pingInterval;
    }

    @Override
    public void pingEvery(Duration interval) {
        pingInterval = interval;
    }

    @Override
    public boolean isDrained() {
        return true;
    }

    @Override
    public void mark() {
        // Everything has arrived already.
    }

    @Override
    public long progress() {
        return 0;
    }

    @Override
    public boolean isWritable() {
        return closed == null;
    }

    @Override
    public void send(EncodedFrame frame) {
        if (closed == null) {
            frames.add(new JsonObject(new String(frame.message(), StandardCharsets.UTF_8)));
        }
    }

    @Override
    public void write(EncodedFrame frame) {
        send(frame);
    }

    @Override
    public void flush() {
        // What was sent has been seen already.
    }

    @Override
    public void pauseReading() {
        reading = false;
    }

    @Override
    public void resumeReading() {
        reading = true;
    }

    @Override
    public void onPong(long pingTimeMs) {
        // Nobody measures here.
    }

    @Override
    public void close(CloseCode code, long afterMs) {
        if (closed == null) {
            closed = code;
            retryAfterMs = afterMs;
            loop.execute(() -> listener.onClosed(code.number()));
        }
    }

    @Override
    public void close(CloseCode code, String reason) {
        close(code, 0);
    }
}
