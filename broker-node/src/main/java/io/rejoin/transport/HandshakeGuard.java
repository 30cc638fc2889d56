package io.rejoin.transport;

import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/**
 * Decides on requests to the client listener, before anything is spent on them.
 *
 * <p>Threading: thread-safe when the supplier is.
 *
 * @see <a href="docs/protocol.md">HS-1 to HS-5</a>
 */
final class HandshakeGuard {

    static final String PATH = "/v1/connect";
    static final String SUBPROTOCOL = "rejoin.v1.json";

    private static final Map<String, String> UPGRADE_TOLD =
            Map.of("Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13");
    /** Base64 of the 16 bytes that RFC 6455 section 4.1 asks for. */
    private static final int KEY_LENGTH = 24;
    /** Each client gets a time of its own, so that they do not all come again together. */
    private static final int MOST_RETRY_SECONDS = 10;

    private final BooleanSupplier ready;
    private final BooleanSupplier admits;
    private volatile boolean draining;

    /**
     * Creates a guard.
     *
     * @param ready whether clients are taken now
     * @param admits whether one more upgrade may be answered
     */
    HandshakeGuard(BooleanSupplier ready, BooleanSupplier admits) {
        this.ready = ready;
        this.admits = admits;
    }

    /** What is decided about a request. */
    sealed interface Verdict {

        /**
         * The upgrade goes on.
         *
         * @param subprotocol to be named in the answer; empty when none was offered
         */
        record Accept(Optional<String> subprotocol) implements Verdict {}

        /**
         * The request is answered with an error.
         *
         * @param status HTTP status
         * @param headers for the answer
         * @param text for people: what was wrong and what is expected
         */
        record Refuse(int status, Map<String, String> headers, String text) implements Verdict {}
    }

    /** From now on every upgrade is refused. */
    void drain() {
        draining = true;
    }

    Verdict check(HttpVersion version, HttpMethod method, String path, MultiMap headers) {
        if (!PATH.equals(path)) {
            return new Verdict.Refuse(404, Map.of(), "nothing is here (expected: " + PATH + ")");
        }
        if (!isUpgrade(version, method, headers)) {
            return new Verdict.Refuse(426, UPGRADE_TOLD, "a WebSocket upgrade of version 13 is expected");
        }
        String key = headers.get(HttpHeaders.createOptimized("Sec-WebSocket-Key"));
        if (key == null || key.trim().length() != KEY_LENGTH) {
            return new Verdict.Refuse(400, Map.of(), "Sec-WebSocket-Key is missing or is not base64 of 16 bytes");
        }
        List<String> offered = tokens(headers, "Sec-WebSocket-Protocol").toList();
        if (!offered.isEmpty() && !offered.contains(SUBPROTOCOL)) {
            return new Verdict.Refuse(
                    400, Map.of(), "no offered subprotocol is known (expected: " + SUBPROTOCOL + ", or none)");
        }
        if (draining || !ready.getAsBoolean()) {
            return new Verdict.Refuse(503, Map.of("Retry-After", "1"), "this node takes no clients now; try another");
        }
        if (!admits.getAsBoolean()) {
            int seconds = ThreadLocalRandom.current().nextInt(1, MOST_RETRY_SECONDS + 1);
            return new Verdict.Refuse(
                    503, Map.of("Retry-After", Integer.toString(seconds)), "too many arrive now; try again later");
        }
        return new Verdict.Accept(offered.isEmpty() ? Optional.empty() : Optional.of(SUBPROTOCOL));
    }

    private static boolean isUpgrade(HttpVersion version, HttpMethod method, MultiMap headers) {
        return version == HttpVersion.HTTP_1_1
                && HttpMethod.GET.equals(method)
                && containsToken(headers, "Upgrade", "websocket")
                && containsToken(headers, "Connection", "upgrade")
                && containsToken(headers, "Sec-WebSocket-Version", "13");
    }

    private static boolean containsToken(MultiMap headers, String header, String token) {
        return tokens(headers, header)
                .anyMatch(found -> found.toLowerCase(Locale.ROOT).equals(token));
    }

    private static Stream<String> tokens(MultiMap headers, String header) {
        return headers.getAll(header).stream()
                .flatMap(line -> Stream.of(line.split(",")))
                .map(String::trim)
                .filter(token -> !token.isEmpty());
    }
}
