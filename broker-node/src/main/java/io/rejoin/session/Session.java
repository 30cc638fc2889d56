package io.rejoin.session;

import io.rejoin.flow.EventLoop;
import io.rejoin.protocol.ClientFrame;
import io.rejoin.protocol.ClientFrameHandler;
import io.rejoin.protocol.CloseCode;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.FrameSink;
import io.rejoin.protocol.Ref;
import io.rejoin.protocol.Rejection;
import io.rejoin.protocol.ServerFrame;
import io.rejoin.protocol.ServerFrame.Failure;
import io.rejoin.room.Member;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection's side of a session: receives frames, keeps memberships, sends replies.
 *
 * <p>The session itself, that which survives the connection, is its id, its number sequences in the rooms and its record in the
 * {@link SessionDirectory}; a later connection makes a new object of this class.
 *
 * <p>Threading: event loop of the connection. Limits: frames that wait, for {@code welcome} or because too many publishes are
 * unanswered, are bounded by pausing the socket.
 */
final class Session implements ConnectionListener, Member {

    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    /** How long {@code bye} waits for the record to end; a record that nobody ends by then ends by its window. */
    private static final Duration END_LIMIT = Duration.ofSeconds(2);
    /** The record is written within milliseconds, or not at all for now. */
    private static final Duration NOTE_LIMIT = Duration.ofSeconds(1);

    private final Connection connection;
    private final SessionRegistry.Surroundings node;
    private final SessionRegistry registry;
    private final Credentials credentials;
    private final Memberships memberships;
    private final PublishHandler publishes;
    private final HistoryHandler histories;
    private final Inbound inbound;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private final Frames frames = new Frames();
    private SessionState state = SessionState.AWAITING_HELLO;
    private @Nullable Identity identity;
    private long generation;
    private long newerGeneration;
    /** It is about to be closed, and takes no more publications: what it is replayed then begins where it stands. */
    private boolean slow;

    private boolean toldToGo;
    private boolean inAdmission;
    private int slowCloses;
    private EventLoop.@Nullable Cancellation timer;
    private @Nullable Lifetime lifetime;

    /** Who the session is, once a hello was authenticated. */
    record Identity(
            SessionId id, PublisherId publisher, @Nullable UserId user) {}

    Session(Connection connection, SessionRegistry.Surroundings node, SessionRegistry registry) {
        this.connection = connection;
        this.node = node;
        this.registry = registry;
        this.credentials = new Credentials(this, node);
        this.memberships = new Memberships(this, node);
        this.publishes = new PublishHandler(this, node);
        this.histories = new HistoryHandler(this, node);
        this.inbound = new Inbound(this, node, registry.rates());
        this.timer = connection
                .loop()
                .schedule(node.config().helloTimeout(), () -> connection.close(CloseCode.HELLO_TIMEOUT, 0));
    }

    Connection connection() {
        return connection;
    }

    EventLoop loop() {
        return connection.loop();
    }

    Credentials credentials() {
        return credentials;
    }

    Memberships memberships() {
        return memberships;
    }

    boolean isOpen() {
        return state == SessionState.OPEN;
    }

    boolean isClosed() {
        return state == SessionState.CLOSED;
    }

    /** Who this is; to be asked only after hello was authenticated. */
    Identity identity() {
        if (identity == null) {
            throw new IllegalStateException("state=" + state + " (expected: authenticated)");
        }
        return identity;
    }

    Inbound inbound() {
        return inbound;
    }

    /** Who it speaks for; null when that is nobody known, or not known yet. */
    @Nullable
    UserId user() {
        return identity == null ? null : identity.user();
    }

    @Override
    public void onMessage(byte[] message) {
        if (state == SessionState.CLOSED) {
            return;
        }
        int before = frames.count;
        if (state != SessionState.ENDING) {
            node.codec().decode(message, state == SessionState.AWAITING_HELLO, frames);
        }
        // A message without frames is work, too.
        inbound.onRead(Math.max(1, frames.count - before), message.length);
    }

    @Override
    public void onPart(int bytes) {
        if (state != SessionState.CLOSED) {
            inbound.onRead(1, bytes);
        }
    }

    @Override
    public void onWritable() {
        memberships.onWritable();
    }

    @Override
    public void onClosed(int code) {
        if (state == SessionState.CLOSED) {
            return;
        }
        moveTo(SessionState.CLOSED);
        registry.onClosed();
        leaveAdmission();
        cancelTimer();
        if (lifetime != null) {
            lifetime.stop();
        }
        inbound.stop();
        waiting.clear();
        credentials.end();
        memberships.leaveAll();
        if (identity != null) {
            registry.remove(identity.id(), this);
        }
        LOG.debug("connection closed session={} code={}", identity == null ? "none" : identity.id(), code);
    }

    @Override
    public boolean isWritable() {
        return !slow && connection.isWritable();
    }

    @Override
    public void write(EncodedFrame frame) {
        connection.write(frame);
    }

    @Override
    public void flush() {
        connection.flush();
    }

    @Override
    public boolean closeSlow() {
        if (slow || state == SessionState.CLOSED) {
            return false;
        }
        slow = true;
        long retryAfterMs = SlowConsumer.retryAfterMs(slowCloses, node.random());
        Runnable close = () -> connection.close(CloseCode.SLOW_CONSUMER, retryAfterMs);
        if (generation == 0) {
            loop().execute(close);
            return true;
        }
        // Noted before the client can be back; but it is closed also when the record cannot be written.
        loop().schedule(NOTE_LIMIT, close);
        node.directory().noteSlow(identity().id(), holder()).onComplete(noted -> loop().execute(close));
        return true;
    }

    @Override
    public void onOverflow() {
        closeSlow();
    }

    private SessionDirectory.Holder holder() {
        return new SessionDirectory.Holder(node.self(), connection.id(), generation);
    }

    @Override
    public boolean isDrained() {
        return !slow && connection.isDrained();
    }

    @Override
    public void mark() {
        connection.mark();
    }

    @Override
    public long progress() {
        return connection.progress();
    }

    void reply(ServerFrame frame) {
        connection.send(node.codec().encode(frame));
    }

    void fail(
            @Nullable Ref ref, @Nullable RoomId room, long number, ErrorCode code, String message, long retryAfterMs) {
        fail(new Failure(ref, room == null ? null : room.name(), number, code, message, retryAfterMs, 0));
    }

    void fail(Failure failure) {
        if (failure.code() == ErrorCode.RATE_LIMITED && !inbound.mayRefuse()) {
            connection.close(CloseCode.FLOODING, 0);
            return;
        }
        node.metrics().onError(failure.code().text());
        reply(failure);
    }

    /** The hello was authenticated: the session can be taken over from now on. */
    void identify(Identity who) {
        this.identity = who;
        registry.add(who.id(), this);
    }

    /** The record is this connection's. */
    void own(long ownedGeneration) {
        this.generation = ownedGeneration;
        if (newerGeneration > ownedGeneration) {
            closeTakenOver("message");
        } else {
            touchLater();
        }
    }

    /** Takes over how often the session's connections did not keep up. */
    void remember(int closes) {
        slowCloses = closes;
        memberships.cap(SlowConsumer.capAfter(closes));
    }

    /** Welcome was sent: what waited is handled now. */
    void opened() {
        moveTo(SessionState.OPEN);
        leaveAdmission();
        Departure departure = registry.departure();
        if (departure != null) {
            goAway(departure);
        }
        limitLifetime();
        handleWaiting();
        adjustReading();
    }

    /** Reads from the socket when nothing speaks against it. */
    void adjustReading() {
        if (state == SessionState.OPENING || publishes.isFull() || inbound.isPaused()) {
            connection.pauseReading();
        } else {
            connection.resumeReading();
        }
    }

    private void limitLifetime() {
        Duration most = node.config().maxLifetime();
        if (most.isZero()) {
            return;
        }
        lifetime = new Lifetime(loop(), most, node.random());
        lifetime.start(new Lifetime.Listener() {
            @Override
            public void onNotice(long afterMs, long deadlineMs) {
                tellToGo(afterMs, deadlineMs, "max-lifetime");
            }

            @Override
            public void onEnd() {
                connection.close(CloseCode.RESTART, "max-lifetime");
            }
        });
    }

    /** Too many arrive now: the client comes again at a time of its own. */
    void refuse(String stage, long comeAgainMs) {
        node.metrics().onArrivalRefused(stage);
        connection.close(CloseCode.OVERLOADED, comeAgainMs);
    }

    private void leaveAdmission() {
        if (inAdmission) {
            inAdmission = false;
            node.admission().settled();
        }
    }

    /** Tells the client when to go, once it was welcomed. */
    void goAway(Departure departure) {
        tellToGo(departure.nextAfterMs(), departure.deadlineMs(), "restart");
    }

    private void tellToGo(long afterMs, long deadlineMs, String reason) {
        if (state == SessionState.OPEN && !toldToGo) {
            toldToGo = true;
            reply(new ServerFrame.GoAway(afterMs, deadlineMs, reason));
        }
    }

    /** Handles frames that were read and had to wait, as far as the bound of unanswered publishes allows. */
    void handleWaiting() {
        while (!waiting.isEmpty() && state == SessionState.OPEN && !publishes.isFull()) {
            waiting.removeFirst().run();
        }
    }

    private boolean hasToWait() {
        if (state == SessionState.OPEN) {
            return publishes.isFull() || !waiting.isEmpty();
        }
        return state == SessionState.OPENING;
    }

    /** Word came that a newer connection owns the session. */
    void onTakeover(long newGeneration) {
        newerGeneration = Math.max(newerGeneration, newGeneration);
        if (generation > 0 && newerGeneration > generation) {
            closeTakenOver("message");
        }
    }

    /** The revocations that hold have changed. */
    void checkRevoked() {
        if (state != SessionState.CLOSED) {
            credentials.checkRevoked();
        }
    }

    void closeTakenOver(String foundBy) {
        if (state != SessionState.CLOSED) {
            node.metrics().onTakeover(foundBy);
            connection.close(CloseCode.TAKEN_OVER, 0);
        }
    }

    void cancelTimer() {
        if (timer != null) {
            timer.cancel();
            timer = null;
        }
    }

    /** Runs once every publish read so far is answered. */
    void settle(Runnable then) {
        publishes.onceAnswered(then);
    }

    /** Nothing that bye waits for is left. */
    void onPublishesAnswered() {
        if (state == SessionState.ENDING) {
            cancelTimer();
            timer = loop().schedule(END_LIMIT, () -> connection.close(CloseCode.NORMAL, 0));
            node.directory().end(identity().id(), holder()).onComplete(ended -> connection.close(CloseCode.NORMAL, 0));
        }
    }

    private void touchLater() {
        cancelTimer();
        timer = loop().schedule(node.config().touchInterval(), this::touch);
    }

    private void touch() {
        timer = null;
        if (state == SessionState.CLOSED) {
            return;
        }
        node.directory().touch(identity().id(), identity().user(), holder()).onComplete(touched -> {
            if (touched.succeeded() && touched.result() instanceof SessionDirectory.Claim.TakenOver) {
                closeTakenOver("touch");
                return;
            }
            if (touched.succeeded() && touched.result() instanceof SessionDirectory.Claim.Owned owned) {
                remember(owned.slowCloses());
            }
            if (state != SessionState.CLOSED && state != SessionState.ENDING) {
                touchLater();
            }
        });
    }

    private void moveTo(SessionState next) {
        if (!state.canMoveTo(next)) {
            throw new IllegalStateException("state=" + state + " next=" + next + " (expected: a legal move)");
        }
        state = next;
    }

    /** Frames of the socket, in order; one message may hold more of them than may be worked on at once. */
    private final class Frames implements FrameSink, ClientFrameHandler {

        private int count;

        @Override
        public void onFrame(ClientFrame frame) {
            count++;
            if (hasToWait()) {
                waiting.addLast(() -> frame.dispatch(this));
            } else if (state != SessionState.CLOSED && state != SessionState.ENDING) {
                frame.dispatch(this);
            }
        }

        @Override
        public void onRejection(Rejection rejection) {
            count++;
            Runnable answer = () -> fail(new Failure(
                    rejection.ref(),
                    rejection.room(),
                    rejection.number(),
                    rejection.code(),
                    rejection.message(),
                    0,
                    0));
            if (hasToWait()) {
                waiting.addLast(answer);
            } else if (state == SessionState.OPEN) {
                answer.run();
            }
        }

        @Override
        public void onViolation(CloseCode code, String reason) {
            if (state != SessionState.CLOSED && state != SessionState.ENDING) {
                LOG.debug("protocol violation connection={} code={} reason={}", connection.id(), code, reason);
                connection.close(code, reason);
            }
        }

        @Override
        public void onHello(ClientFrame.Hello hello) {
            if (state != SessionState.AWAITING_HELLO) {
                fail(null, null, 0, ErrorCode.BAD_REQUEST, "type=hello was sent twice (expected: once)", 0);
                return;
            }
            cancelTimer();
            long comeAgainMs = node.admission().hello(hello.session() != null);
            if (comeAgainMs > 0) {
                refuse("hello", comeAgainMs);
                return;
            }
            inAdmission = true;
            moveTo(SessionState.OPENING);
            adjustReading();
            new HelloHandler(Session.this, node).handle(hello);
        }

        @Override
        public void onJoin(ClientFrame.Join join) {
            memberships.join(join);
        }

        @Override
        public void onLeave(ClientFrame.Leave leave) {
            memberships.leave(leave);
        }

        @Override
        public void onPublish(ClientFrame.Publish publish) {
            publishes.publish(publish);
        }

        @Override
        public void onPublishEphemeral(ClientFrame.PublishEphemeral publish) {
            publishes.publishEphemeral(publish);
        }

        @Override
        public void onHistory(ClientFrame.History history) {
            histories.read(history);
        }

        @Override
        public void onRefresh(ClientFrame.Refresh refresh) {
            credentials.refresh(refresh);
        }

        @Override
        public void onPing(ClientFrame.Ping ping) {
            reply(new ServerFrame.Pong(ping.time()));
        }

        @Override
        public void onPong(ClientFrame.Pong pong) {
            connection.onPong(pong.time());
        }

        @Override
        public void onBye(ClientFrame.Bye bye) {
            moveTo(SessionState.ENDING);
            memberships.leaveAll();
            publishes.whenAnswered();
        }
    }
}
