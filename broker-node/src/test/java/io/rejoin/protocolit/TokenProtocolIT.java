package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.rejoin.testing.Tokens;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TokenProtocolIT {

    private static final long GRACE_MS = 1_000;

    @TempDir
    private static Path directory;

    private static TestCluster cluster;

    @BeforeAll
    static void start() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), Tokens.SECRET);
        cluster = TestCluster.of(1)
                .with("REJOIN_AUTH_MODE", "jwt")
                .with("REJOIN_AUTH_JWT_SECRET_FILE", secret.toString())
                .with("REJOIN_AUTH_JWT_CLOCK_SKEW", "0s")
                .with("REJOIN_AUTH_EXPIRY_GRACE", GRACE_MS + "ms")
                .with("REJOIN_AUTH_DEFAULT_GRANTS", "lobby=all")
                .start();
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    private static String token(String user) {
        return Tokens.signed(Tokens.claims(user, System.currentTimeMillis()));
    }

    private static String expiring(String user, long inMs) {
        long now = System.currentTimeMillis();
        return Tokens.signed(
                Tokens.claims(user, now - 60_000).expirationTime(Date.from(Instant.ofEpochMilli(now + inMs))));
    }

    private static String hello(String token) {
        return new JsonObject().put("type", "hello").put("token", token).encode();
    }

    private static int closeOf(String hello) {
        TestClient client = cluster.connect(0);
        client.send(hello);
        return client.awaitClose();
    }

    @Test
    @Spec("HS-15")
    void closesWhoHasNoGoodToken() {
        assertThat(closeOf("{\"type\":\"hello\"}")).isEqualTo(4501);
        assertThat(closeOf(hello("garbage"))).isEqualTo(4501);
        assertThat(closeOf(hello(expiring("alice", -1_000)))).isEqualTo(4003);
    }

    @Test
    @Spec("HS-15")
    void welcomesWhoHasOneAndTellsMembersWhoPublished() {
        TestClient client = cluster.connect(0);
        client.hello(hello(token("alice")));
        client.ask(1, "{\"type\":\"join\",\"ref\":1,\"room\":\"lobby\"}");
        client.send("{\"type\":\"publish\",\"ref\":2,\"room\":\"lobby\",\"number\":1,\"data\":1}");

        assertThat(client.await("publication").getString("from")).isEqualTo("alice");
    }

    @Test
    @Spec("HS-19")
    void takesTheTokenOfTheUpgrade() {
        TestClient client = cluster.connect(0, "Authorization", "Bearer " + token("alice"));

        assertThat(client.hello().getLong("refreshAfter")).isPositive();
    }

    @Test
    @Spec("HS-19")
    void prefersTheTokenOfHello() {
        TestClient client = cluster.connect(0, "Authorization", "Bearer garbage");

        assertThat(client.hello(hello(token("alice"))).getLong("refreshAfter")).isPositive();
    }

    @Test
    @Spec("SE-5")
    void givesTheSessionOfAnotherUserToNobody() {
        JsonObject alices = cluster.connect(0).hello(hello(token("alice"))).getJsonObject("session");

        JsonObject bobs = cluster.connect(0)
                .hello(new JsonObject()
                        .put("type", "hello")
                        .put("token", token("bob"))
                        .put(
                                "session",
                                new JsonObject()
                                        .put("id", alices.getString("id"))
                                        .put("secret", alices.getString("secret")))
                        .encode())
                .getJsonObject("session");

        assertThat(bobs.getString("id")).isNotEqualTo(alices.getString("id"));
        assertThat(bobs.getBoolean("resumed")).isFalse();
    }

    @Test
    @Spec("SE-13")
    void closesAnOpenConnectionWhoseTokenHasExpired() {
        TestClient client = cluster.connect(0);
        client.hello(hello(expiring("alice", 1_500)));

        assertThat(client.awaitClose()).isEqualTo(4003);
    }

    @Test
    @Spec({"SE-13", "GR-2"})
    void goesOnWithAFreshTokenButNotInRoomsThatItDoesNotGrant() {
        TestClient client = cluster.connect(0);
        client.hello(hello(expiring("alice", 2_000)));
        client.ask(1, "{\"type\":\"join\",\"ref\":1,\"room\":\"lobby\"}");
        String narrower = Tokens.signed(
                Tokens.claims("alice", System.currentTimeMillis()).claim("rejoin", Tokens.granting("other", "join")));

        JsonObject refused = client.ask(2, refresh(2, token("bob")));
        JsonObject refreshed = client.ask(3, refresh(3, narrower));
        JsonObject left = client.await("left");

        assertThat(refused.getString("code")).isEqualTo("forbidden");
        assertThat(refreshed.getString("type")).isEqualTo("refreshed");
        assertThat(refreshed.getLong("refreshAfter")).isBetween(300_000L, 510_000L);
        assertThat(left.getString("code")).isEqualTo("forbidden");
        assertThat(client.isOpen()).isTrue();
    }

    private static String refresh(int ref, String token) {
        return new JsonObject()
                .put("type", "refresh")
                .put("ref", ref)
                .put("token", token)
                .encode();
    }
}
