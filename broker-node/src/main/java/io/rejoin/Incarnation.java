package io.rejoin;

import io.rejoin.api.ApiServer;
import io.rejoin.cluster.HazelcastRevocations;
import io.rejoin.cluster.HazelcastRoomLog;
import io.rejoin.cluster.HazelcastSessionDirectory;
import io.rejoin.cluster.Membership;
import io.rejoin.cluster.NodeBus;
import io.rejoin.ops.HealthServer;
import io.rejoin.protocol.CloseCode;
import io.rejoin.room.Publication;
import io.rejoin.room.RelayBatch;
import io.rejoin.room.RoomRegistry;
import io.rejoin.session.DrainConfig;
import io.rejoin.session.SessionRegistry;
import io.rejoin.transport.WebSocketServer;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything of a node that belongs to one membership of the cluster: a node that was cut off and joined again makes a new one.
 *
 * <p>Threading: thread-safe.
 */
final class Incarnation {

    private static final Logger LOG = LoggerFactory.getLogger(Incarnation.class);
    private static final long SWEEP_MS = 30_000;
    private static final long LATE_NEWS_MS = 300;
    private static final long READY_LOOK_MS = 50;

    private static final long PROGRESS_MS = 1_000;
    /** Of the limit of a drain: how long publishes that were read may take to be answered, and clients to close. */
    private static final int SETTLE_PERCENT = 15;

    private static final int CLOSE_PERCENT = 25;
    /** Of each step behind the clients: far above what it takes while the cluster answers. */
    private static final Duration STEP_LIMIT = Duration.ofSeconds(10);

    private final Parts parts;
    private final Owner owner;
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private volatile boolean draining;

    /** Whoever decides about the life of the node. */
    interface Owner {

        /** This node is another member now: it has to be started anew. */
        void onRejoined();

        /** A backend wants the node to leave. */
        void onDrainAsked();
    }

    /** What an incarnation is made of. */
    record Parts(
            Vertx vertx,
            Membership membership,
            NodeBus bus,
            HazelcastRoomLog log,
            HazelcastSessionDirectory directory,
            RoomRegistry rooms,
            SessionRegistry sessions,
            HazelcastRevocations revocations,
            HealthServer health,
            Readiness readiness,
            DrainConfig drain,
            Duration idle) {}

    /** Whether clients are taken; asked before all parts are there. */
    static final class Readiness implements io.rejoin.ops.ReadinessProbe {

        private volatile Optional<String> reason = Optional.of("starting");
        private volatile @org.jspecify.annotations.Nullable Membership membership;

        @Override
        public Optional<String> unreadyBecause() {
            Membership cluster = membership;
            if (reason.isPresent() || cluster == null) {
                return reason;
            }
            if (!cluster.seesMajority()) {
                return Optional.of("no majority of the planned members");
            }
            if (!cluster.isVoter()) {
                return Optional.of("copies are not in place yet");
            }
            return cluster.isBlocked() ? Optional.of("members that may remember more are not there") : Optional.empty();
        }

        boolean isReady() {
            return unreadyBecause().isEmpty();
        }

        void open(Membership cluster) {
            membership = cluster;
            reason = Optional.empty();
        }

        void shut(String why) {
            reason = Optional.of(why);
        }
    }

    private final WebSocketServer server;
    private final Optional<ApiServer> api;

    Incarnation(Parts parts, WebSocketServer server, Optional<ApiServer> api, Owner owner) {
        this.parts = parts;
        this.server = server;
        this.api = api;
        this.owner = owner;
    }

    /** Begins to take clients. */
    void open() {
        parts.rooms().start();
        parts.membership().start(new ClusterListener());
        parts.vertx().setPeriodic(Math.min(SWEEP_MS, parts.idle().toMillis() / 3), fired -> sweep());
        parts.readiness().open(parts.membership());
    }

    /** Succeeds once it takes clients, or leaves. */
    Future<Void> ready() {
        Promise<Void> ready = Promise.promise();
        tellWhenReady(ready);
        return ready.future();
    }

    private void tellWhenReady(Promise<Void> ready) {
        if (draining || parts.readiness().isReady()) {
            ready.complete();
        } else {
            parts.vertx().setTimer(READY_LOOK_MS, fired -> tellWhenReady(ready));
        }
    }

    int clientPort() {
        return server.port();
    }

    /** 0 when there is no API. */
    int apiPort() {
        return api.map(ApiServer::port).orElse(0);
    }

    int opsPort() {
        return parts.health().port();
    }

    NodeId self() {
        return parts.membership().self();
    }

    int members() {
        return parts.membership().size();
    }

    Vertx vertx() {
        return parts.vertx();
    }

    /**
     * Leaves gently: not ready, no new clients; every client is told when to resume elsewhere and served until then; who is left is closed;
     * off the bus.
     *
     * @param limit how long clients may take
     */
    Future<Void> drain(Duration limit) {
        draining = true;
        parts.readiness().shut("draining");
        server.refuse();
        return endAfter(sendClientsElsewhere(limit)
                .compose(gone -> server.quiesce())
                .compose(quiet -> parts.sessions()
                        .settle(limit.multipliedBy(SETTLE_PERCENT).dividedBy(100)))
                .compose(
                        settled -> server.stop(limit.multipliedBy(CLOSE_PERCENT).dividedBy(100)))
                .compose(closed -> parts.membership().leave().otherwiseEmpty()));
    }

    /** Succeeds once all clients have gone, or when the time that they were told is over. */
    private Future<Void> sendClientsElsewhere(Duration limit) {
        int clients = parts.sessions().sessionCount();
        Duration window = parts.drain().window(clients, limit);
        Duration deadline = parts.drain().deadline(clients, limit);
        LOG.info("sending clients elsewhere clients={} window={} deadline={}", clients, window, deadline);
        Promise<Void> gone = Promise.promise();
        parts.sessions().sendElsewhere(window, deadline).onComplete(empty -> gone.tryComplete());
        long progress = parts.vertx()
                .setPeriodic(
                        PROGRESS_MS,
                        fired -> LOG.info(
                                "sending clients elsewhere left={} of={}",
                                parts.sessions().sessionCount(),
                                clients));
        long timer = parts.vertx().setTimer(Math.max(1, deadline.toMillis()), fired -> gone.tryComplete());
        return gone.future().onComplete(ended -> {
            parts.vertx().cancelTimer(progress);
            parts.vertx().cancelTimer(timer);
        });
    }

    /** This node is another member now: its clients go elsewhere, and what it knew is void. */
    Future<Void> abandon() {
        draining = true;
        parts.readiness().shut("joining again");
        parts.sessions().closeAll(CloseCode.NO_QUORUM);
        return endAfter(server.stop(Duration.ofSeconds(1)));
    }

    /** Ends at once, telling nobody. */
    Future<Void> kill() {
        draining = true;
        return closeVertxAfter(Future.succeededFuture());
    }

    private Future<Void> endAfter(Future<Void> clientsGone) {
        return closeVertxAfter(clientsGone
                .eventually(() -> {
                    parts.rooms().close();
                    parts.membership().stop();
                    return atMost(STEP_LIMIT, "leaving the bus", parts.bus().stop());
                })
                .eventually(() -> atMost(
                        STEP_LIMIT, "closing the ops listener", parts.health().stop())));
    }

    /** The future belongs to no context, because none of this Vert.x is left to complete it. */
    private Future<Void> closeVertxAfter(Future<Void> last) {
        Promise<Void> closed = Promise.promise();
        last.onComplete(ended ->
                atMost(STEP_LIMIT, "closing Vert.x", parts.vertx().close()).onComplete(closed));
        return closed.future();
    }

    /**
     * A step of an end, which the end does not wait for longer than the limit: what the cluster does not answer must keep the node from
     * neither ending nor starting anew. The time is not kept by Vert.x, since that may be what hangs.
     *
     * @return as the step, or succeeded when it takes longer
     */
    static Future<Void> atMost(Duration limit, String step, Future<Void> ending) {
        Promise<Void> over = Promise.promise();
        ending.onComplete(over);
        over.future()
                .toCompletionStage()
                .toCompletableFuture()
                .orTimeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(cause -> {
                    if (cause instanceof TimeoutException && over.tryComplete()) {
                        LOG.warn("going on without waiting longer step=\"{}\" waited={}", step, limit);
                    }
                    return null;
                });
        return over.future();
    }

    private void sweep() {
        if (sweeping.compareAndSet(false, true)) {
            parts.vertx()
                    .executeBlocking(parts.log()::sweepOwned, false)
                    .onFailure(unknown -> LOG.debug("sweep failed", unknown))
                    .onComplete(done -> sweeping.set(false));
        }
    }

    /** What a node makes of what happens in the cluster. */
    private final class ClusterListener implements Membership.Listener {

        @Override
        public void onLeft(NodeId node) {
            parts.bus().forget(node);
            giveUpCalls(node);
            // An owner that learned of it later than this node may have taken a repeated call before it did.
            parts.vertx().setTimer(LATE_NEWS_MS, fired -> giveUpCalls(node));
            parts.rooms().checkHeads();
        }

        private void giveUpCalls(NodeId left) {
            String why = "node " + left + " left";
            parts.log().giveUpCalls(why);
            parts.directory().giveUpClaims(why);
        }

        @Override
        public void onMajority(boolean seen) {
            if (!seen && !draining) {
                parts.sessions().closeAll(CloseCode.NO_QUORUM);
            }
        }

        @Override
        public void onRejoining() {
            // Between joining again and starting anew this node sees a majority, but its tails are of another time.
            parts.readiness().shut("joining again");
            parts.rooms().close();
            parts.sessions().closeAll(CloseCode.NO_QUORUM);
        }

        @Override
        public void onRejoined() {
            if (!draining) {
                owner.onRejoined();
            }
        }
    }

    /** What a node makes of what other nodes tell. */
    record BusReceiver(RoomRegistry rooms, SessionRegistry sessions) implements NodeBus.Receiver {

        @Override
        public void onBatch(RelayBatch batch) {
            rooms.deliver(batch);
        }

        @Override
        public void onBell(RoomId room, Position head) {
            rooms.ring(room, head);
        }

        @Override
        public void onEphemeral(RoomId room, Publication publication) {
            rooms.deliverEphemeral(room, publication);
        }

        @Override
        public void onTakeover(SessionId session, long newGeneration) {
            sessions.onTakeover(session, newGeneration);
        }
    }
}
