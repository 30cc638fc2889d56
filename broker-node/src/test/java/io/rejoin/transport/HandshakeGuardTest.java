package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.transport.HandshakeGuard.Verdict;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class HandshakeGuardTest {

    private final HandshakeGuard guard = new HandshakeGuard(() -> true, () -> true);

    private static MultiMap upgrade() {
        return MultiMap.caseInsensitiveMultiMap()
                .add("Upgrade", "WebSocket")
                .add("Connection", "keep-alive, Upgrade")
                .add("Sec-WebSocket-Version", "13")
                .add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    }

    private static Verdict check(HandshakeGuard guard, MultiMap headers) {
        return guard.check(HttpVersion.HTTP_1_1, HttpMethod.GET, "/v1/connect", headers);
    }

    @Test
    void acceptsWithoutSubprotocol() {
        assertThat(check(guard, upgrade())).isEqualTo(new Verdict.Accept(Optional.empty()));
    }

    @Test
    void picksTheSubprotocolThatItKnows() {
        MultiMap headers = upgrade().add("Sec-WebSocket-Protocol", "a ,rejoin.v1.json");

        assertThat(check(guard, headers)).isEqualTo(new Verdict.Accept(Optional.of("rejoin.v1.json")));
    }

    @Test
    void saysWhatIsExpectedOfASubprotocol() {
        MultiMap headers = upgrade().add("Sec-WebSocket-Protocol", "rejoin.v2.json");

        assertThat(check(guard, headers))
                .isEqualTo(new Verdict.Refuse(
                        400, Map.of(), "no offered subprotocol is known (expected: rejoin.v1.json, or none)"));
    }

    @Test
    void refusesOnceItDrains() {
        guard.drain();

        assertThat(check(guard, upgrade()))
                .isEqualTo(new Verdict.Refuse(
                        503, Map.of("Retry-After", "1"), "this node takes no clients now; try another"));
    }

    @Test
    void tellsAWrongRequestEvenWhenNotReady() {
        assertThat(check(new HandshakeGuard(() -> false, () -> true), MultiMap.caseInsensitiveMultiMap()))
                .isInstanceOfSatisfying(
                        Verdict.Refuse.class,
                        refuse -> assertThat(refuse.status()).isEqualTo(426));
    }
}
