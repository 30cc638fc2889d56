package io.rejoin.transport;

import io.netty.handler.codec.http.QueryStringDecoder;
import io.rejoin.protocol.CloseCode;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Decides on requests to the client listener, before anything is spent on them.
 *
 * <p>Threading: thread-safe when the suppliers are.
 *
 * @see <a href="docs/protocol.md">HS-1 to HS-5, HS-17, HS-18</a>
 */
final class HandshakeGuard {

    static final String PATH = "/v1/connect";
    static final String SUBPROTOCOL = "rejoin.v1.json";

    private static final Map<String, String> UPGRADE_TOLD =
            Map.of("Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13");
    /** RFC 6455 section 4.1. */
    private static final int KEY_BYTES = 16;

    private static final int KEY_LENGTH = 24;

    private static final List<String> TOKEN_PARAMETERS = List.of("token", "access_token");
    /** Each client gets a time of its own, so that they do not all come again together. */
    private static final int MOST_RETRY_SECONDS = 10;

    private static final String BEARER = "Bearer ";

    private final Origins origins;
    private final BooleanSupplier ready;
    private final BooleanSupplier admits;
    private volatile boolean draining;

    /**
     * Creates a guard.
     *
     * @param origins of pages that may connect
     * @param ready whether clients are taken now
     * @param admits whether one more upgrade may be answered
     */
    HandshakeGuard(Origins origins, BooleanSupplier ready, BooleanSupplier admits) {
        this.origins = origins;
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
         * The upgrade goes on, and the WebSocket is closed at once: a browser tells its page a close code, but no HTTP status.
         *
         * @param subprotocol to be named in the answer; empty when none was offered
         * @param code why
         * @param reason for people
         */
        record Turn(Optional<String> subprotocol, CloseCode code, String reason) implements Verdict {}

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

    /** There were too many requests, of this client or of all. */
    static Verdict tooMany() {
        int seconds = ThreadLocalRandom.current().nextInt(1, MOST_RETRY_SECONDS + 1);
        return new Verdict.Refuse(
                503, Map.of("Retry-After", Integer.toString(seconds)), "too many arrive now; try again later");
    }

    /** When a client that was one too many is to come again, in milliseconds. */
    static long laterMs() {
        return ThreadLocalRandom.current().nextLong(1_000, MOST_RETRY_SECONDS * 1_000L + 1);
    }

    Verdict check(HttpVersion version, HttpMethod method, String path, @Nullable String query, MultiMap headers) {
        if (!PATH.equals(path)) {
            return new Verdict.Refuse(404, Map.of(), "nothing is here (expected: " + PATH + ")");
        }
        if (!isUpgrade(version, method, headers)) {
            return new Verdict.Refuse(426, UPGRADE_TOLD, "a WebSocket upgrade of version 13 is expected");
        }
        Optional<String> fault = faultOf(query, headers);
        if (fault.isPresent()) {
            return new Verdict.Refuse(400, Map.of(), fault.get());
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
            return tooMany();
        }
        Optional<String> subprotocol = offered.isEmpty() ? Optional.empty() : Optional.of(SUBPROTOCOL);
        if (!origins.allows(headers.getAll(HttpHeaders.ORIGIN))) {
            return new Verdict.Turn(subprotocol, CloseCode.FORBIDDEN, "origin is not allowed");
        }
        return new Verdict.Accept(subprotocol);
    }

    /** What is wrong with an upgrade, and what is expected. */
    private static Optional<String> faultOf(@Nullable String query, MultiMap headers) {
        List<String> hosts = headers.getAll(HttpHeaders.HOST);
        if (hosts.size() != 1 || hosts.get(0).isBlank()) {
            return Optional.of("Host headers=" + hosts.size() + " (expected: one, with a value)");
        }
        if (!isKey(headers.getAll("Sec-WebSocket-Key"))) {
            return Optional.of("Sec-WebSocket-Key is missing or is not base64 of 16 bytes");
        }
        String length = headers.get(HttpHeaders.CONTENT_LENGTH);
        if (headers.contains(HttpHeaders.TRANSFER_ENCODING) || !(length == null || length.equals("0"))) {
            return Optional.of("the upgrade has a body (expected: none)");
        }
        if (query != null && hasToken(query)) {
            return Optional.of("a token in a URL ends up in logs (expected: in hello)");
        }
        return Optional.empty();
    }

    private static boolean isKey(List<String> keys) {
        try {
            return keys.size() == 1
                    && keys.get(0).length() == KEY_LENGTH
                    && Base64.getDecoder().decode(keys.get(0)).length == KEY_BYTES;
        } catch (IllegalArgumentException noBase64) {
            return false;
        }
    }

    private static boolean hasToken(String query) {
        try {
            Set<String> names =
                    new QueryStringDecoder(query, false).parameters().keySet();
            return TOKEN_PARAMETERS.stream().anyMatch(names::contains);
        } catch (IllegalArgumentException noEncoding) {
            return false;
        }
    }

    /** The token of the {@code Authorization} header; {@code null} without one, or with another scheme. */
    static @Nullable String bearerToken(MultiMap headers) {
        String value = headers.get(HttpHeaders.AUTHORIZATION);
        boolean bearer = value != null && value.regionMatches(true, 0, BEARER, 0, BEARER.length());
        return bearer ? value.substring(BEARER.length()).trim() : null;
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
