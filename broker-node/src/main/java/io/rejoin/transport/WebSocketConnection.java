package io.rejoin.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.rejoin.auth.Upgrade;
import io.rejoin.flow.EventLoop;
import io.rejoin.flow.OutboundQueue;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.session.Connection;
import io.rejoin.session.ConnectionListener;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One WebSocket over its Netty channel, below Vert.x.
 *
 * <p>It writes finished WebSocket frames past the encoder ("wsencoder") and reads them before Vert.x does ({@link FrameReader}),
 * because only so a frame is encoded once for all sockets, text stays bytes, and the close handshake obeys our bounds. Every write goes
 * this way; one through Vert.x would overtake.
 *
 * <p>Threading: event loop. Limits: what waits is bounded by the write watermark, by the control queue, and by one pass of the caller,
 * who asks {@link #isWritable} first. Failure: a failed write ends the socket, which tells the listener.
 */
final class WebSocketConnection implements Connection, Heartbeat.Heart {

    private static final Logger LOG = LoggerFactory.getLogger(WebSocketConnection.class);

    /** RFC 6455 section 7.4.1: there was no code in the close frame. */
    static final int NO_CODE = 1005;
    /** RFC 6455 section 7.4.1: there was no close frame. */
    static final int NO_CLOSE_FRAME = 1006;

    private static final int OPCODE_CLOSE = 0x8;
    private static final int OPCODE_PING = 0x9;
    private static final int OPCODE_PONG = 0xA;
    private static final int MAX_REASON = 100;

    private enum State {
        /** Both directions work. */
        OPEN,
        /** A close frame was sent or received; the socket is about to end. */
        CLOSING,
        /** The socket is gone and the listener was told. */
        CLOSED
    }

    private final long id;
    private Upgrade upgrade;
    private final ConnectionLoop home;
    private final TransportConfig config;
    private final TransportMetrics metrics;
    private final Wire wire;
    private final OutboundQueue queue;
    private final FrameBatch batch = new FrameBatch();
    private final Runnable turnEnd = this::endTurn;
    private final long openedMs;

    private State state = State.OPEN;
    private int closeCode = NO_CLOSE_FRAME;
    private @Nullable ConnectionListener listener;
    private Heartbeat.@Nullable Place place;
    private EventLoop.@Nullable Cancellation cutOffTimer;
    private boolean turnEndAdded;
    /** Somebody found the socket not writable and waits to be told otherwise. */
    private boolean awaited;

    private boolean drainAwaited;
    /** A ping is on its way that tells what the client has taken. */
    private boolean marked;

    private long marks;

    /** A frame was refused: nothing behind it may be sent. */
    private boolean overflowed;

    private boolean reading = true;
    /** Nothing more is read until it closes, whatever the session asks for. */
    private boolean quiet;

    private boolean greeted;
    private boolean pingQueued;
    private long lastHeardMs;
    private long lastPingTimeMs = -1;
    private long lastPingSentMs;

    WebSocketConnection(long id, Upgrade upgrade, ConnectionLoop home, Wire wire) {
        this.id = id;
        this.upgrade = upgrade;
        this.home = home;
        this.config = home.config();
        this.metrics = home.metrics();
        this.wire = wire;
        this.queue = new OutboundQueue(config.controlQueueFrames(), config.controlQueueBytes());
        this.openedMs = home.ticker().millis();
        this.lastHeardMs = openedMs;
    }

    /** Puts it under the heartbeat and tells its events to the listener. */
    void start(ConnectionListener listener) {
        this.listener = listener;
        if (state == State.OPEN) {
            place = home.heartbeat().join(this);
        }
    }

    @Override
    public long id() {
        return id;
    }

    @Override
    public Upgrade takeUpgrade() {
        Upgrade taken = upgrade;
        upgrade = Upgrade.NONE;
        return taken;
    }

    @Override
    public EventLoop loop() {
        return home.loop();
    }

    @Override
    public boolean isWritable() {
        boolean writable = state == State.OPEN && !overflowed && queue.isEmpty() && hasRoom();
        awaited |= !writable;
        return writable;
    }

    @Override
    public boolean isDrained() {
        if (state != State.OPEN || overflowed) {
            return false;
        }
        boolean drained = !marked && queue.isEmpty() && batch.isEmpty() && wire.isDrained();
        if (!drained) {
            awaited = true;
            if (!wire.isDrained() && !drainAwaited) {
                drainAwaited = true;
                wire.whenDrained(this::onDrained);
            }
        }
        return drained;
    }

    private void onDrained() {
        drainAwaited = false;
        addTurnEnd();
    }

    @Override
    public void mark() {
        if (state != State.OPEN || marked) {
            return;
        }
        marked = true;
        flushBatch();
        wire.writeControl(OPCODE_PING, Unpooled.copyLong(++marks));
    }

    /** The client answered a ping of the WebSocket protocol. */
    void onProtocolPong(ByteBuf payload) {
        if (marked && payload.readableBytes() == Long.BYTES && payload.getLong(payload.readerIndex()) == marks) {
            marked = false;
            addTurnEnd();
        }
    }

    @Override
    public long progress() {
        // A mark that was answered is progress, too: the kernel may have had everything for long.
        return wire.progress() + (marked ? 0 : marks);
    }

    private boolean hasRoom() {
        return batch.bytes() < wire.room();
    }

    @Override
    public void send(EncodedFrame frame) {
        if (state != State.OPEN || overflowed) {
            return;
        }
        greeted = true;
        if (queue.isEmpty() && !hasRoom() && wire.isWritable()) {
            // What the kernel takes at once is no backlog: many replies to one message are not a slow client's.
            flushBatch();
        }
        if (isWritable()) {
            batch.add(frame);
            addTurnEnd();
        } else if (queue.offer(frame) == OutboundQueue.Offer.QUEUED) {
            // Not every full batch makes the channel itself unwritable, which would tell when it is writable again.
            addTurnEnd();
        } else {
            overflowed = true;
            metrics.controlQueueOverflow();
            loop().execute(this::tellOverflow);
        }
    }

    private void tellOverflow() {
        if (state == State.OPEN) {
            listener().onOverflow();
        }
    }

    @Override
    public void write(EncodedFrame frame) {
        if (state != State.OPEN || overflowed) {
            return;
        }
        batch.add(frame);
        addTurnEnd();
    }

    @Override
    public void flush() {
        if (state == State.OPEN) {
            flushBatch();
        }
    }

    private void flushBatch() {
        if (batch.isEmpty()) {
            return;
        }
        ByteBuf bytes = batch.encode(wire.allocator());
        metrics.written(batch.frames(), bytes.readableBytes());
        batch.clear();
        wire.write(bytes);
    }

    private void addTurnEnd() {
        if (!turnEndAdded) {
            turnEndAdded = true;
            home.turnEnd().add(turnEnd);
        }
    }

    private void endTurn() {
        turnEndAdded = false;
        if (state != State.OPEN) {
            return;
        }
        flushBatch();
        while (!queue.isEmpty() && wire.isWritable()) {
            fillFromQueue();
            flushBatch();
        }
        if (awaited && !overflowed && queue.isEmpty() && hasRoom()) {
            awaited = false;
            listener().onWritable();
        }
    }

    private void fillFromQueue() {
        while (hasRoom()) {
            EncodedFrame frame = queue.poll();
            if (frame == null) {
                pingQueued = false;
                return;
            }
            batch.add(frame);
        }
    }

    /** The channel's buffer went over its high watermark or below its low one. */
    void onWritabilityChanged() {
        if (wire.isWritable()) {
            addTurnEnd();
        }
    }

    @Override
    public void pauseReading() {
        if (state == State.OPEN && reading) {
            reading = false;
            wire.setReading(false);
        }
    }

    @Override
    public void resumeReading() {
        if (state == State.OPEN && !quiet) {
            readAgain();
        }
    }

    /** Stops reading for good; what was read can still be answered. */
    void quiesce() {
        quiet = true;
        pauseReading();
    }

    private void readAgain() {
        if (!reading) {
            reading = true;
            lastHeardMs = home.ticker().millis();
            wire.setReading(true);
        }
    }

    @Override
    public void onPong(long pingTimeMs) {
        if (state == State.OPEN && pingTimeMs == lastPingTimeMs) {
            lastPingTimeMs = -1;
            metrics.roundTrip(home.ticker().millis() - lastPingSentMs);
        }
    }

    @Override
    public long lastHeardMs() {
        // Who is not listened to is not silent.
        return reading ? lastHeardMs : home.ticker().millis();
    }

    @Override
    public void beat(EncodedFrame ping, long timeMs) {
        // HS-10: nothing comes before welcome. A second ping behind one that waits tells the client nothing.
        if (state != State.OPEN || !greeted || pingQueued) {
            return;
        }
        lastPingTimeMs = timeMs;
        lastPingSentMs = home.ticker().millis();
        send(ping);
        pingQueued = !queue.isEmpty();
    }

    @Override
    public void silent() {
        close(CloseCode.HEARTBEAT_TIMEOUT, 0);
    }

    /** Any frame arrived. */
    void onHeard() {
        lastHeardMs = home.ticker().millis();
    }

    /** A complete text message arrived. */
    void onMessage(byte[] message) {
        if (state != State.OPEN) {
            return;
        }
        metrics.received(message.length);
        home.loop().dispatch(() -> tell(message));
    }

    /** A frame arrived that completes no message. */
    void onPart(int bytes) {
        if (state == State.OPEN) {
            home.loop().dispatch(() -> listener().onPart(bytes));
        }
    }

    private void tell(byte[] message) {
        try {
            listener().onMessage(message);
        } catch (RuntimeException e) {
            LOG.error("message not handled connection={} bytes={}", id, message.length, e);
            close(CloseCode.RESTART, "internal error");
        }
    }

    /** A WebSocket ping arrived; only the latest needs an answer, so one to a full socket gets none. */
    void onProtocolPing(ByteBuf payload) {
        if (state == State.OPEN && wire.isWritable()) {
            flushBatch();
            wire.writeControl(OPCODE_PONG, payload);
        }
    }

    /**
     * A close frame arrived: it is answered with the same code, then the socket ends.
     *
     * @param code {@link #NO_CODE} when the frame had none
     */
    void onCloseFrame(int code) {
        if (state == State.OPEN) {
            leaveOpen(code);
            writeOut();
            ByteBuf payload = Unpooled.buffer(2);
            if (code != NO_CODE) {
                payload.writeShort(code);
            }
            wire.writeControl(OPCODE_CLOSE, payload, wire::close);
        } else if (state == State.CLOSING) {
            // Behind our own close frame, which may still wait in the channel's buffer.
            wire.closeBehindWrites();
        }
    }

    @Override
    public void close(CloseCode code, long retryAfterMs) {
        close(code, retryAfterMs > 0 ? "retry-after=" + retryAfterMs : code.text());
    }

    @Override
    public void close(CloseCode code, String reason) {
        closeWith(code.number(), reason, () -> {});
    }

    /**
     * Closes after a WebSocket frame that cannot be read, and so nothing behind it can: the client's close frame will not be seen.
     *
     * @param code 1002, 1007 or 1009
     */
    void closeBroken(int code, String reason) {
        // The end of the stream makes the client end its side; closing at once would reset the socket while it still
        // sends, and the reset may overtake the close frame.
        closeWith(code, reason, wire::endOutput);
    }

    private void closeWith(int code, String reason, Runnable whenWritten) {
        if (state != State.OPEN) {
            return;
        }
        leaveOpen(code);
        writeOut();
        readAgain();
        byte[] text = reason.getBytes(StandardCharsets.US_ASCII);
        ByteBuf payload = Unpooled.buffer(2 + MAX_REASON);
        payload.writeShort(code).writeBytes(text, 0, Math.min(text.length, MAX_REASON));
        wire.writeControl(OPCODE_CLOSE, payload, whenWritten);
    }

    private void leaveOpen(int code) {
        state = State.CLOSING;
        closeCode = code;
        leaveHeartbeat();
        cutOffTimer = loop().schedule(config.closeTimeout(), this::cutOff);
    }

    private void writeOut() {
        for (EncodedFrame frame = queue.poll(); frame != null; frame = queue.poll()) {
            batch.add(frame);
        }
        flushBatch();
    }

    /** Ends the socket at once; what the client has not taken is dropped. */
    void cutOff() {
        if (state != State.CLOSED) {
            wire.reset();
        }
    }

    /** The channel failed; it ends without a close frame. */
    void onFailure(Throwable cause) {
        LOG.debug("socket failed connection={} cause={}", id, cause.toString());
        wire.close();
    }

    /** The client ended its stream of TLS. Without TLS the channel is gone then; so it is here. */
    void onEndOfStream() {
        wire.close();
    }

    /** The channel is gone. */
    void onInactive() {
        if (state == State.CLOSED) {
            return;
        }
        state = State.CLOSED;
        leaveHeartbeat();
        if (cutOffTimer != null) {
            cutOffTimer.cancel();
        }
        batch.clear();
        home.remove(this);
        metrics.closed(closeCode, home.ticker().millis() - openedMs);
        ConnectionListener told = listener;
        if (told != null) {
            home.loop().dispatch(() -> told.onClosed(closeCode));
        }
    }

    @Override
    public void pingEvery(Duration interval) {
        if (place != null && state == State.OPEN) {
            place.pingEvery(interval);
        }
    }

    private void leaveHeartbeat() {
        if (place != null) {
            place.leave();
        }
    }

    private ConnectionListener listener() {
        if (listener == null) {
            throw new IllegalStateException("connection=" + id + " has no listener yet");
        }
        return listener;
    }

    @Override
    public String toString() {
        return "connection=" + id + " state=" + state + " queued=" + queue.bytes();
    }
}
