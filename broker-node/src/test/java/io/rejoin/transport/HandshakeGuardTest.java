package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.CloseCode;
import io.rejoin.transport.HandshakeGuard.Verdict;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HandshakeGuardTest {

    private final HandshakeGuard guard = new HandshakeGuard(Origins.ANY, () -> true, () -> true);

    private static MultiMap upgrade() {
        return MultiMap.caseInsensitiveMultiMap()
                .add("Host", "node")
                .add("Upgrade", "WebSocket")
                .add("Connection", "keep-alive, Upgrade")
                .add("Sec-WebSocket-Version", "13")
                .add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    }

    private static Verdict check(HandshakeGuard guard, MultiMap headers) {
        return guard.check(HttpVersion.HTTP_1_1, HttpMethod.GET, "/v1/connect", null, headers);
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
    void takesTheTokenOfTheAuthorizationHeader() {
        assertThat(HandshakeGuard.bearerToken(upgrade().add("Authorization", "bearer  abc ")))
                .isEqualTo("abc");
        assertThat(HandshakeGuard.bearerToken(upgrade().add("Authorization", "Basic abc")))
                .isNull();
        assertThat(HandshakeGuard.bearerToken(upgrade())).isNull();
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
        assertThat(check(new HandshakeGuard(Origins.ANY, () -> false, () -> true), MultiMap.caseInsensitiveMultiMap()))
                .isInstanceOfSatisfying(
                        Verdict.Refuse.class,
                        refuse -> assertThat(refuse.status()).isEqualTo(426));
    }

    private void assertRefused(Verdict verdict, String text) {
        assertThat(verdict).isInstanceOfSatisfying(Verdict.Refuse.class, refuse -> {
            assertThat(refuse.status()).isEqualTo(400);
            assertThat(refuse.text()).contains(text);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"short", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZSE=", "dGhlIHNhbXBsZSBub25j!Q=="})
    void refusesAKeyThatIsNotBase64OfSixteenBytes(String key) {
        assertRefused(check(guard, upgrade().set("Sec-WebSocket-Key", key)), "Sec-WebSocket-Key");
    }

    @Test
    void refusesTwoKeysAndNone() {
        assertRefused(
                check(guard, upgrade().add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")), "Sec-WebSocket-Key");
        assertRefused(check(guard, upgrade().remove("Sec-WebSocket-Key")), "Sec-WebSocket-Key");
    }

    @Test
    void refusesNoHostAndTwo() {
        assertRefused(check(guard, upgrade().remove("Host")), "Host headers=0");
        assertRefused(check(guard, upgrade().add("Host", "other")), "Host headers=2");
    }

    @Test
    void refusesABody() {
        assertRefused(check(guard, upgrade().add("Content-Length", "1")), "body");
        assertRefused(check(guard, upgrade().add("Transfer-Encoding", "chunked")), "body");
        assertThat(check(guard, upgrade().add("Content-Length", "0"))).isInstanceOf(Verdict.Accept.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"token=secret", "a=b&access_token=secret", "%74oken=secret"})
    void refusesATokenInTheUrlWithoutRepeatingIt(String query) {
        Verdict verdict = guard.check(HttpVersion.HTTP_1_1, HttpMethod.GET, "/v1/connect", query, upgrade());

        assertRefused(verdict, "a token in a URL");
        assertThat(verdict.toString()).doesNotContain("secret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a=token", "tokens=1", "%"})
    void ignoresAnyOtherQuery(String query) {
        assertThat(guard.check(HttpVersion.HTTP_1_1, HttpMethod.GET, "/v1/connect", query, upgrade()))
                .isInstanceOf(Verdict.Accept.class);
    }

    @Test
    void turnsAwayPagesOfOtherOriginsOnly() {
        HandshakeGuard picky =
                new HandshakeGuard(Origins.of(List.of("https://app.example.org")), () -> true, () -> true);

        assertThat(check(picky, upgrade().add("Origin", "https://app.example.org")))
                .isInstanceOf(Verdict.Accept.class);
        assertThat(check(picky, upgrade())).isInstanceOf(Verdict.Accept.class);
        assertThat(check(picky, upgrade().add("Origin", "https://evil.example")))
                .isEqualTo(new Verdict.Turn(Optional.empty(), CloseCode.FORBIDDEN, "origin is not allowed"));
    }
}
