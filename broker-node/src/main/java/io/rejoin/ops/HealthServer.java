package io.rejoin.ops;

import io.rejoin.flow.EventLoop;
import io.rejoin.room.RoomPolicies;
import io.rejoin.tls.ListenerTls;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ops listener: {@code /livez}, {@code /readyz}, {@code /metrics}, {@code /policies} and {@code /rooms/} with a name.
 *
 * <p>Liveness asks only whether this node's own loops turn, never for peers: a cluster that lost its majority must not be restarted node
 * by node. Readiness says whether clients are taken.
 *
 * <p>Threading: thread-safe. Failure: a port in use fails the start; a loop that does not answer within 2 s makes the node not live.
 */
public final class HealthServer {

    private static final Logger LOG = LoggerFactory.getLogger(HealthServer.class);

    private static final String ROOMS = "/rooms/";
    private static final long LIVE_WITHIN_MS = 2_000;
    private static final int IDLE_SECONDS = 75;
    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

    private final Vertx vertx;
    private final List<? extends EventLoop> loops;
    private final ReadinessProbe readiness;
    private final Supplier<String> metrics;
    private final JsonObject policies;
    private final Function<RoomId, List<String>> holders;
    private final HttpServer server;

    private HealthServer(
            Vertx vertx,
            HttpServerOptions options,
            List<? extends EventLoop> loops,
            ReadinessProbe readiness,
            Supplier<String> metrics,
            RoomPolicies policies,
            Function<RoomId, List<String>> holders) {
        this.vertx = vertx;
        this.holders = holders;
        this.policies = PolicyPage.of(policies);
        this.loops = loops;
        this.readiness = readiness;
        this.metrics = metrics;
        this.server = vertx.createHttpServer(options)
                .exceptionHandler(cause -> LOG.debug("ops listener failed cause={}", cause.toString()))
                .requestHandler(this::answer);
    }

    /**
     * Starts to listen.
     *
     * @param host address to listen on
     * @param port 1 to 65535, or 0 for a free one
     * @param tls empty for plain text
     * @param loops that must turn for the node to be live
     * @param metrics text in the format of Prometheus; asked on a worker thread
     * @param policies what the node runs with
     * @param holders names of the nodes that hold a room, its owner first
     */
    public static Future<HealthServer> start(
            Vertx vertx,
            String host,
            int port,
            Optional<ListenerTls> tls,
            List<? extends EventLoop> loops,
            ReadinessProbe readiness,
            Supplier<String> metrics,
            RoomPolicies policies,
            Function<RoomId, List<String>> holders) {
        HttpServerOptions options = new HttpServerOptions()
                .setIdleTimeout(IDLE_SECONDS)
                .setHttp2ClearTextEnabled(false)
                .setCompressionSupported(true);
        tls.ifPresent(encrypted -> encrypted.configure(options, HANDSHAKE_TIMEOUT));
        HealthServer health = new HealthServer(vertx, options, loops, readiness, metrics, policies, holders);
        return health.server.listen(port, host).map(listening -> {
            tls.ifPresent(encrypted -> encrypted.follow(listening, options));
            return health;
        });
    }

    /** The port that it listens on. */
    public int port() {
        return server.actualPort();
    }

    /** Gives up the port. */
    public Future<Void> stop() {
        return server.shutdown(0, TimeUnit.SECONDS);
    }

    private void answer(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        if (!HttpMethod.GET.equals(request.method()) && !HttpMethod.HEAD.equals(request.method())) {
            response.putHeader("Allow", "GET, HEAD");
            send(response, 405, new JsonObject().put("error", "method not allowed (expected: GET or HEAD)"));
            return;
        }
        String path = String.valueOf(request.path());
        switch (path) {
            case "/livez" -> live().onComplete(stuck -> sendHealth(response, "live", stuck.result()));
            case "/readyz" -> sendHealth(response, "ready", readiness.unreadyBecause());
            case "/metrics" -> sendMetrics(response);
            case "/policies" -> send(response, 200, policies);
            default -> {
                if (path.startsWith(ROOMS)) {
                    sendHolders(response, path.substring(ROOMS.length()));
                } else {
                    send(
                            response,
                            404,
                            new JsonObject()
                                    .put(
                                            "error",
                                            "nothing is here (expected: /livez, /readyz, /metrics, /policies or /rooms/ and a name)"));
                }
            }
        }
    }

    private void sendHolders(HttpServerResponse response, String encoded) {
        RoomId room;
        try {
            room = new RoomId(URLDecoder.decode(encoded, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException wrong) {
            send(response, 400, new JsonObject().put("error", wrong.getMessage()));
            return;
        }
        send(response, 200, new JsonObject().put("room", room.name()).put("nodes", new JsonArray(holders.apply(room))));
    }

    /** Asks every loop; the result says which did not answer in time, empty when all did. */
    private Future<Optional<String>> live() {
        AtomicInteger answers = new AtomicInteger();
        Promise<Optional<String>> done = Promise.promise();
        long timer = vertx.setTimer(
                LIVE_WITHIN_MS,
                late -> done.tryComplete(Optional.of("event loops answered=" + answers.get() + " of=" + loops.size()
                        + " withinMs=" + LIVE_WITHIN_MS)));
        Runnable answered = () -> {
            if (answers.incrementAndGet() == loops.size()) {
                done.tryComplete(Optional.empty());
            }
        };
        loops.forEach(loop -> loop.execute(answered));
        return done.future().onComplete(ended -> vertx.cancelTimer(timer));
    }

    private static void sendHealth(HttpServerResponse response, String what, Optional<String> problem) {
        JsonObject body = new JsonObject().put(what, problem.isEmpty());
        problem.ifPresent(text -> body.put("reason", text));
        send(response, problem.isEmpty() ? 200 : 503, body);
    }

    private void sendMetrics(HttpServerResponse response) {
        vertx.executeBlocking(metrics::get)
                .onSuccess(text ->
                        end(response.putHeader("Content-Type", "text/plain; version=0.0.4; charset=utf-8"), text))
                .onFailure(cause -> {
                    LOG.error("metrics not scraped", cause);
                    send(response, 500, new JsonObject().put("error", "metrics not available; see the log"));
                });
    }

    private static void send(HttpServerResponse response, int status, JsonObject body) {
        response.setStatusCode(status).putHeader("Content-Type", "application/json");
        end(response, body.encode() + "\n");
    }

    private static void end(HttpServerResponse response, String body) {
        response.putHeader("Cache-Control", "no-store")
                .end(body)
                .onFailure(cause -> LOG.debug("answer failed cause={}", cause.toString()));
    }
}
