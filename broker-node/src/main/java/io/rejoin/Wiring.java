package io.rejoin;

import com.hazelcast.config.Config;
import com.hazelcast.core.HazelcastInstance;
import io.rejoin.api.ApiServer;
import io.rejoin.api.DrainCommand;
import io.rejoin.api.HttpHook;
import io.rejoin.api.KeySources;
import io.rejoin.api.RevokeCommand;
import io.rejoin.auth.Authenticator;
import io.rejoin.auth.HookAuthenticator;
import io.rejoin.auth.HookConfig;
import io.rejoin.auth.JwtAuthenticator;
import io.rejoin.auth.JwtConfig;
import io.rejoin.auth.JwtConfig.KeyLocation;
import io.rejoin.cluster.ClusterKey;
import io.rejoin.cluster.ClusterParts;
import io.rejoin.cluster.ClusterRuntime;
import io.rejoin.cluster.HazelcastRevocations;
import io.rejoin.cluster.HazelcastRoomLog;
import io.rejoin.cluster.HazelcastSessionDirectory;
import io.rejoin.cluster.Membership;
import io.rejoin.cluster.NodeBus;
import io.rejoin.cluster.PlannedMembers;
import io.rejoin.cluster.RoomHolders;
import io.rejoin.clusterconfig.HazelcastConfigFactory;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.config.BrokerConfig;
import io.rejoin.config.Secret;
import io.rejoin.flow.Admission;
import io.rejoin.flow.LogBudget;
import io.rejoin.flow.NodeBudgets;
import io.rejoin.flow.Ticker;
import io.rejoin.ops.BrokerMetrics;
import io.rejoin.ops.HealthServer;
import io.rejoin.protocol.FrameCodec;
import io.rejoin.protocol.JsonFrameCodec;
import io.rejoin.protocol.ServerFrame;
import io.rejoin.quorum.Voter;
import io.rejoin.room.PublicationEncoder;
import io.rejoin.room.RoomRegistry;
import io.rejoin.session.Authentication;
import io.rejoin.session.SessionRegistry;
import io.rejoin.session.SessionSecrets;
import io.rejoin.tls.ListenerTls;
import io.rejoin.transport.VertxEventLoop;
import io.rejoin.transport.WebSocketServer;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the parts of a node and connects them; the only place that does.
 *
 * <p>Threading: thread-safe.
 */
final class Wiring {

    /** Bytes that may be in flight to one other node before it is told positions only. */
    private static final long BUS_BYTES_IN_FLIGHT = 8L << 20;

    private static final Logger LOG = LoggerFactory.getLogger(Wiring.class);
    private static final int CLUSTER_KEY_BYTES = 32;
    private static final int START_ATTEMPTS = 30;
    private static final int SLOW_MEMORY_GRACES = 10;
    private static final Duration START_PAUSE = Duration.ofMillis(500);

    private final BrokerConfig config;
    private final InstantSource clock = InstantSource.system();
    private final Ticker ticker = () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    private final RandomGenerator random = new SecureRandom();
    private final Admission admission;
    private final FrameCodec codec = new JsonFrameCodec();
    private final PlannedMembers planned;
    private final Voter voter = new Voter();
    /** What the cluster held before: a node that starts anew brings it back instead of making another one. */
    private volatile byte @Nullable [] clusterKey;

    private final BrokerMetrics metrics = new BrokerMetrics();
    private final LogBudget logs;

    Wiring(BrokerConfig config) {
        this.config = config;
        // A node counts the logs that it owns, and holds about as many copies of others.
        this.logs = new LogBudget(config.budgets().logBytes() / config.cluster().copies());
        metrics.watch(logs);
        this.admission = new Admission(config.admission(), ticker, random);
        this.planned = new PlannedMembers(config.cluster().size());
    }

    /** How long the node may take to leave. */
    Duration drainLimit() {
        return config.drain().timeout();
    }

    /** Runs what blocks, once nothing of Vert.x is left to run it. */
    static Future<Void> onOwnThread(String name, Runnable task) {
        Promise<Void> promise = Promise.promise();
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                        promise.complete();
                    } catch (RuntimeException failure) {
                        promise.fail(failure);
                    }
                },
                name);
        thread.start();
        return promise.future();
    }

    BrokerMetrics metrics() {
        return metrics;
    }

    /** Starts this node's member; blocks. */
    HazelcastInstance startMember() {
        Config hazelcast = HazelcastConfigFactory.create(
                config.cluster(),
                ClusterParts.of(
                        config.cluster(),
                        config.rooms().limits(),
                        logs,
                        config.sessions().window(),
                        planned,
                        voter,
                        clock,
                        ticker,
                        random));
        return ClusterRuntime.startMember(
                hazelcast, config.cluster().timing(), Executors.newSingleThreadScheduledExecutor(task -> {
                    Thread elections = new Thread(task, "rejoin-election");
                    elections.setDaemon(true);
                    return elections;
                }));
    }

    /**
     * Makes all that belongs to one membership of the cluster, and opens it.
     *
     * @param owner told of what it has to act on
     */
    Future<Incarnation> startIncarnation(HazelcastInstance member, Incarnation.Owner owner) {
        return startIncarnation(member, owner, START_ATTEMPTS);
    }

    /** Makes it anew after another one of this process, whose ports may not be free at once. */
    Future<Incarnation> startIncarnationAgain(HazelcastInstance member, Incarnation.Owner owner) {
        return startIncarnation(member, owner, START_ATTEMPTS - 1);
    }

    private Future<Incarnation> startIncarnation(HazelcastInstance member, Incarnation.Owner owner, int attempts) {
        Promise<Incarnation> started = Promise.promise();
        startOnce(member, owner).onComplete(result -> {
            boolean mayPass = result.failed()
                    && (ClusterRuntime.isPassing(result.cause())
                            || (attempts < START_ATTEMPTS && ClusterRuntime.isPortInUse(result.cause())));
            if (!mayPass || attempts == 1) {
                started.handle(result);
                return;
            }
            LOG.info(
                    "start failed for now; again in {} ms cause={}",
                    START_PAUSE.toMillis(),
                    String.valueOf(result.cause()));
            onOwnThread("rejoin-start", () -> LockSupport.parkNanos(START_PAUSE.toNanos()))
                    .compose(waited -> startIncarnation(member, owner, attempts - 1))
                    .onComplete(started);
        });
        return started.future();
    }

    private Future<Incarnation> startOnce(HazelcastInstance member, Incarnation.Owner owner) {
        return ClusterRuntime.startVertx(
                        member, config.cluster(), config.eventLoops().orElse(0))
                .compose(vertx -> closingOnFailure(vertx, startOn(vertx, member, owner)));
    }

    /** The future belongs to no context, because none of this Vert.x is left after a failure. */
    private static Future<Incarnation> closingOnFailure(Vertx vertx, Future<Incarnation> starting) {
        Promise<Incarnation> outcome = Promise.promise();
        starting.onSuccess(outcome::complete)
                .onFailure(failure -> vertx.close().onComplete(closed -> outcome.fail(failure)));
        return outcome.future();
    }

    private Future<Incarnation> startOn(Vertx vertx, HazelcastInstance member, Incarnation.Owner owner) {
        int loopCount = config.eventLoops().orElse(VertxOptions.DEFAULT_EVENT_LOOP_POOL_SIZE);
        List<VertxEventLoop> loops = VertxEventLoop.spread(vertx, loopCount);
        Incarnation.Readiness readiness = new Incarnation.Readiness();
        return ListenerTls.load(vertx, "ops", config.tls().ops())
                .compose(tls -> HealthServer.start(
                        vertx,
                        config.opsHost(),
                        config.opsPort(),
                        tls,
                        loops,
                        readiness,
                        metrics::scrape,
                        config.rooms().policies(),
                        new RoomHolders(member, config.cluster().copies())::of))
                .compose(health -> sessionSecrets(vertx, member)
                        .compose(secrets -> authenticator(vertx)
                                .compose(authenticator -> vertx.executeBlocking(() ->
                                        assemble(vertx, member, loops, secrets, authenticator, health, readiness))))
                        .compose(parts -> open(parts, loops, owner)));
    }

    private Future<SessionSecrets> sessionSecrets(Vertx vertx, HazelcastInstance member) {
        if (!config.clusterKeys().isEmpty()) {
            return Future.succeededFuture(new SessionSecrets(
                    config.clusterKeys().stream().map(Secret::bytes).toList()));
        }
        byte[] known = clusterKey;
        return ClusterKey.obtain(vertx, member, StructureNames.SECRETS, known != null ? known : freshKey())
                .map(key -> {
                    clusterKey = key;
                    ClusterKey.keep(vertx, member, StructureNames.SECRETS, key);
                    return new SessionSecrets(List.of(key));
                });
    }

    private Future<Authenticator> authenticator(Vertx vertx) {
        Optional<HookConfig> hook = config.auth().hook();
        if (hook.isPresent()) {
            return HttpHook.create(vertx, hook.get())
                    .map(asked -> new HookAuthenticator(
                            config.nodeName(), hook.get(), asked, ticker::millis, clock, metrics));
        }
        Optional<JwtConfig> jwt = config.auth().jwt();
        if (jwt.isEmpty()) {
            return Future.succeededFuture(Authenticator.ANONYMOUS);
        }
        KeyLocation keys = jwt.get().keys();
        JwtAuthenticator authenticator =
                new JwtAuthenticator(jwt.get(), KeySources.at(vertx, keys), ticker::millis, clock);
        // A server that is down now may be up when the first client comes; a file that is wrong stays wrong.
        return authenticator
                .prepare()
                .recover(cause ->
                        keys instanceof KeyLocation.KeyUrl ? Future.succeededFuture() : Future.failedFuture(cause))
                .map(prepared -> authenticator);
    }

    private byte[] freshKey() {
        byte[] fresh = new byte[CLUSTER_KEY_BYTES];
        random.nextBytes(fresh);
        return fresh;
    }

    private Incarnation.Parts assemble(
            Vertx vertx,
            HazelcastInstance member,
            List<VertxEventLoop> loops,
            SessionSecrets secrets,
            Authenticator authenticator,
            HealthServer health,
            Incarnation.Readiness readiness) {
        Membership membership = new Membership(vertx, member, planned, StructureNames.PLAN, metrics);
        NodeBus bus = new NodeBus(vertx, membership.self(), BUS_BYTES_IN_FLIGHT, membership::contains, metrics);
        HazelcastRoomLog log = new HazelcastRoomLog(vertx, member, StructureNames.ROOMS);
        HazelcastSessionDirectory directory =
                new HazelcastSessionDirectory(vertx, member, StructureNames.SESSIONS, bus, slowMemory());
        NodeBudgets budgets = NodeBudgets.within(config.budgets(), ticker);
        metrics.watch(budgets);
        RoomRegistry rooms = new RoomRegistry(
                membership.self(),
                loops,
                log,
                bus,
                new PublicationEncoder(codec, clock),
                clock,
                ticker,
                config.rooms(),
                budgets,
                metrics);
        HazelcastRevocations revocations = new HazelcastRevocations(vertx, member, StructureNames.REVOCATIONS, clock);
        SessionRegistry sessions = new SessionRegistry(new SessionRegistry.Surroundings(
                membership.self(),
                config.sessions(),
                codec,
                new Authentication(
                        authenticator.refusing(revocations),
                        revocations,
                        clock,
                        config.auth().expiryGrace(),
                        config.auth().revocationMargin()),
                secrets,
                directory,
                rooms,
                admission,
                ticker,
                random,
                metrics));
        return new Incarnation.Parts(
                vertx,
                membership,
                bus,
                log,
                directory,
                rooms,
                sessions,
                revocations,
                health,
                readiness,
                config.drain(),
                Duration.ofMillis(config.rooms().log().idleMs()));
    }

    /** Closes for not keeping up are remembered until a client kept up for much longer than it is given each time. */
    private Duration slowMemory() {
        Duration graces = config.rooms().policies().longestGrace().multipliedBy(SLOW_MEMORY_GRACES);
        Duration window = config.sessions().window();
        return graces.compareTo(window) > 0 ? graces : window;
    }

    private Future<Incarnation> open(Incarnation.Parts parts, List<VertxEventLoop> loops, Incarnation.Owner owner) {
        return parts.bus()
                .start(new Incarnation.BusReceiver(parts.rooms(), parts.sessions()))
                .compose(listening -> parts.revocations().start(parts.sessions()::onRevocations))
                .compose(known -> startApi(parts, owner))
                .compose(api -> ListenerTls.load(
                                parts.vertx(), "client", config.tls().client())
                        .compose(tls -> WebSocketServer.start(parts.vertx(), loops, serverParts(parts, tls)))
                        .map(started -> new Incarnation(parts, started, api, owner)))
                .onSuccess(Incarnation::open);
    }

    private WebSocketServer.Parts serverParts(Incarnation.Parts parts, Optional<ListenerTls> tls) {
        return new WebSocketServer.Parts(
                config.client(),
                config.edge(),
                config.auth().hook().map(HookConfig::headers).orElse(List.of()),
                tls,
                parts.sessions(),
                timeMs -> codec.encode(new ServerFrame.Ping(timeMs)),
                parts.readiness()::isReady,
                admission::admitsHandshake,
                ticker,
                clock,
                metrics);
    }

    private Future<Optional<ApiServer>> startApi(Incarnation.Parts parts, Incarnation.Owner owner) {
        if (config.api().keys().isEmpty()) {
            return Future.succeededFuture(Optional.empty());
        }
        RevokeCommand revoke =
                new RevokeCommand(parts.revocations(), clock, config.auth().revocationTime());
        DrainCommand drain = new DrainCommand(parts.sessions()::sessionCount, owner::onDrainAsked);
        return ListenerTls.load(parts.vertx(), "api", config.tls().api())
                .compose(tls -> ApiServer.start(
                        parts.vertx(), config.api(), tls, Map.of(RevokeCommand.PATH, revoke, DrainCommand.PATH, drain)))
                .map(Optional::of);
    }
}
