package io.rejoin.api;

import io.rejoin.tls.ListenerTls;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The api listener: commands of the application's backends, each a {@code POST} of a JSON object.
 *
 * <p>A backend proves itself by {@code Authorization: Bearer} and a key; nothing of a request is looked at before. What goes wrong is
 * answered by {@code {"error":"…"}}.
 *
 * <p>Threading: thread-safe. Limits: bodies of {@value #MAX_BODY_BYTES} bytes. Failure: a port in use fails the start; a command that
 * fails is answered by 503 and may be repeated.
 */
public final class ApiServer {

    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final int MAX_BODY_BYTES = 64 << 10;
    private static final int IDLE_SECONDS = 75;
    private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);
    private static final String BEARER = "Bearer ";

    private final List<byte[]> keyDigests;
    private final Map<String, Command> commands;
    private final HttpServer server;

    /**
     * What is done with a request.
     *
     * <p>Threading: called on a Vert.x context, on which the future completes.
     */
    @FunctionalInterface
    public interface Command {

        /**
         * Does it.
         *
         * @return the answer; failed when it is not known whether it was done
         * @throws BadRequestException when the body is wrong
         */
        Future<JsonObject> run(JsonObject body) throws BadRequestException;
    }

    private ApiServer(Vertx vertx, HttpServerOptions options, ApiConfig config, Map<String, Command> commands) {
        this.keyDigests = config.keys().stream().map(ApiServer::digest).toList();
        this.commands = Map.copyOf(commands);
        this.server = vertx.createHttpServer(options)
                .exceptionHandler(cause -> LOG.debug("api listener failed cause={}", cause.toString()))
                .requestHandler(this::answer);
    }

    /**
     * Starts to listen.
     *
     * @param config with at least one key
     * @param tls empty for plain text
     * @param commands by path
     */
    public static Future<ApiServer> start(
            Vertx vertx, ApiConfig config, Optional<ListenerTls> tls, Map<String, Command> commands) {
        if (config.keys().isEmpty()) {
            throw new IllegalArgumentException("keys=0 (expected: at least one)");
        }
        HttpServerOptions options =
                new HttpServerOptions().setIdleTimeout(IDLE_SECONDS).setHttp2ClearTextEnabled(false);
        tls.ifPresent(encrypted -> encrypted.configure(options, HANDSHAKE_TIMEOUT));
        ApiServer api = new ApiServer(vertx, options, config, commands);
        return api.server.listen(config.port(), config.host()).map(listening -> {
            tls.ifPresent(encrypted -> encrypted.follow(listening, options));
            return api;
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
        if (!isKnown(request.getHeader(HttpHeaders.AUTHORIZATION))) {
            request.response().putHeader("WWW-Authenticate", "Bearer");
            refuse(request, 401, "key is missing or unknown (expected: Authorization: Bearer and a key of api.key)");
            return;
        }
        Command command = commands.get(String.valueOf(request.path()));
        if (command == null) {
            refuse(request, 404, "nothing is here (expected: " + String.join(", ", commands.keySet()) + ")");
        } else if (!HttpMethod.POST.equals(request.method())) {
            request.response().putHeader("Allow", "POST");
            refuse(request, 405, "method=" + request.method() + " (expected: POST)");
        } else {
            body(request).onSuccess(body -> run(request, command, body));
        }
    }

    /** Digests are compared, so that time tells neither how much of a key was right nor how long it is. */
    private boolean isKnown(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return false;
        }
        byte[] told = digest(authorization.substring(BEARER.length()).trim());
        boolean known = false;
        for (byte[] digest : keyDigests) {
            known |= MessageDigest.isEqual(told, digest);
        }
        return known;
    }

    private static byte[] digest(String key) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException missing) {
            throw new IllegalStateException("SHA-256 is not available (expected: a JDK with it)", missing);
        }
    }

    /** The whole body; answers by itself, and never completes, when it is too large or does not arrive. */
    private Future<Buffer> body(HttpServerRequest request) {
        Promise<Buffer> whole = Promise.promise();
        Buffer body = Buffer.buffer();
        request.exceptionHandler(cause -> LOG.debug("request was not read cause={}", cause.toString()));
        request.handler(part -> {
            if (body.length() > MAX_BODY_BYTES) {
                return;
            }
            body.appendBuffer(part);
            if (body.length() > MAX_BODY_BYTES) {
                refuse(request, 413, "body is too large (expected: at most " + MAX_BODY_BYTES + " bytes)");
            }
        });
        request.endHandler(ended -> {
            if (body.length() <= MAX_BODY_BYTES) {
                whole.complete(body);
            }
        });
        return whole.future();
    }

    private void run(HttpServerRequest request, Command command, Buffer body) {
        Future<JsonObject> done;
        try {
            done = command.run(body.toJsonObject());
        } catch (DecodeException | ClassCastException noObject) {
            refuse(request, 400, "body cannot be read (expected: a JSON object)");
            return;
        } catch (BadRequestException wrong) {
            refuse(request, 400, String.valueOf(wrong.getMessage()));
            return;
        }
        done.onSuccess(answer -> send(request.response(), 200, answer)).onFailure(unknown -> {
            LOG.warn("command was not done path={}", request.path(), unknown);
            request.response().putHeader("Retry-After", "1");
            send(
                    request.response(),
                    503,
                    new JsonObject().put("error", "the cluster did not take it in time; it may be repeated"));
        });
    }

    /** Whatever else the client sends is not read. */
    private static void refuse(HttpServerRequest request, int status, String text) {
        request.response().putHeader("Connection", "close");
        send(request.response(), status, new JsonObject().put("error", text));
    }

    private static void send(HttpServerResponse response, int status, JsonObject body) {
        response.setStatusCode(status)
                .putHeader("Content-Type", "application/json")
                .putHeader("Cache-Control", "no-store")
                .end(body.encode() + "\n")
                .onFailure(cause -> LOG.debug("answer failed cause={}", cause.toString()));
    }
}
