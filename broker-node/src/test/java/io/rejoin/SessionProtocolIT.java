package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Handshake, session and close items of the protocol, on one real node. */
final class SessionProtocolIT {

    private static TestCluster cluster;

    @BeforeAll
    static void startNode() {
        cluster = TestCluster.of(1)
                .with("REJOIN_HELLO_TIMEOUT", "1s")
                .with("REJOIN_LIMITS_ROOMS", "3")
                .start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    private static JsonObject claim(JsonObject welcome) {
        JsonObject session = welcome.getJsonObject("session");
        return new JsonObject().put("id", session.getString("id")).put("secret", session.getString("secret"));
    }

    private static String hello(JsonObject claim, String... rooms) {
        JsonArray list = new JsonArray();
        for (String room : rooms) {
            list.add(new JsonObject().put("room", room));
        }
        return new JsonObject()
                .put("type", "hello")
                .put("session", claim)
                .put("rooms", list)
                .encode();
    }

    @Test
    @Spec("HS-7")
    void closesAConnectionThatDoesNotSayHello() {
        assertThat(cluster.connect(0).awaitClose()).isEqualTo(4006);
    }

    @Test
    @Spec({"HS-9", "ER-2"})
    void answersASecondHelloWithAnErrorAndGoesOn() {
        TestClient client = cluster.connect(0);
        client.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"second-hello\"}]}");

        client.send("{\"type\":\"hello\"}");
        JsonObject error = client.await("error");
        client.send("{\"type\":\"publish\",\"room\":\"second-hello\",\"number\":1,\"data\":1}");
        client.await("publication");

        assertThat(error.getString("code")).isEqualTo("bad-request");
        assertThat(client.isOpen()).isTrue();
    }

    @Test
    @Spec({"HS-11", "HS-12", "FR-14"})
    void answersEveryRoomOfHelloInItsOrder() {
        TestClient client = cluster.connect(0);

        JsonObject welcome =
                client.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"h1\"},{\"room\":\"$own\"},{\"room\":\"h2\"},"
                        + "{\"room\":\"h1\"},{\"room\":\"h3\"},{\"room\":\"h4\"}]}");

        assertThat(welcome.getJsonArray("rooms").stream()
                        .map(JsonObject.class::cast)
                        .map(joined -> joined.getString("room") + " "
                                + (joined.containsKey("error")
                                        ? joined.getJsonObject("error").getString("code")
                                        : joined.getString("outcome"))))
                .containsExactly(
                        "h1 live", "$own forbidden", "h2 live", "h1 already-joined", "h3 live", "h4 room-limit");
    }

    @Test
    @Spec("SE-1")
    void givesANewSessionToAHelloWithoutOne() {
        JsonObject one = cluster.connect(0).hello().getJsonObject("session");
        JsonObject other = cluster.connect(0).hello().getJsonObject("session");

        assertThat(one.getBoolean("resumed")).isFalse();
        assertThat(one.getLong("window")).isEqualTo(120_000);
        assertThat(one.getString("secret")).isNotEmpty();
        assertThat(one.getString("publisher")).isNotEmpty();
        assertThat(one.getString("id")).isNotEqualTo(other.getString("id"));
    }

    @Test
    @Spec({"SE-2", "CL-3", "SE-6"})
    void resumesASessionWhoseConnectionTheBrokerClosed() {
        TestClient first = cluster.connect(0);
        JsonObject welcome = first.hello();
        first.send("no json");
        int code = first.awaitClose();

        JsonObject session = cluster.connect(0)
                .hello(hello(claim(welcome).put("attempt", 2)))
                .getJsonObject("session");

        assertThat(code).isEqualTo(4500);
        assertThat(session.getBoolean("resumed")).isTrue();
        assertThat(session.getString("id"))
                .isEqualTo(welcome.getJsonObject("session").getString("id"));
        assertThat(session.getString("publisher"))
                .isEqualTo(welcome.getJsonObject("session").getString("publisher"));
    }

    @Test
    @Spec({"SE-4", "SE-12"})
    void keepsIdAndSecretWhenTheRecordIsGone() {
        TestClient first = cluster.connect(0);
        JsonObject welcome = first.hello();
        first.send("[{\"type\":\"publish\",\"room\":\"bye\",\"number\":1,\"data\":1},{\"type\":\"bye\"}]");
        JsonObject ack = first.await("ack");
        int code = first.awaitClose();

        JsonObject session = cluster.connect(0)
                .hello(hello(claim(welcome).put("attempt", 2)))
                .getJsonObject("session");

        assertThat(ack.getLong("number")).isEqualTo(1);
        assertThat(code).isEqualTo(1000);
        assertThat(session.getBoolean("resumed")).isFalse();
        assertThat(session.getString("id"))
                .isEqualTo(welcome.getJsonObject("session").getString("id"));
        assertThat(session.getString("secret"))
                .isEqualTo(welcome.getJsonObject("session").getString("secret"));
    }

    @Test
    @Spec("SE-5")
    void givesANewSessionToAWrongSecret() {
        JsonObject welcome = cluster.connect(0).hello();

        JsonObject answer = cluster.connect(0).hello(hello(claim(welcome).put("secret", "AAAA"), "wrong-secret"));

        assertThat(answer.getJsonObject("session").getBoolean("resumed")).isFalse();
        assertThat(answer.getJsonObject("session").getString("id"))
                .isNotEqualTo(welcome.getJsonObject("session").getString("id"));
        assertThat(answer.getJsonArray("rooms").getJsonObject(0).getString("outcome"))
                .isEqualTo("live");
    }

    @Test
    @Spec({"SE-7", "SE-8"})
    void givesTheSessionToTheHighestAttempt() {
        TestClient older = cluster.connect(0);
        JsonObject welcome = older.hello();
        TestClient newer = cluster.connect(0);
        newer.hello(hello(claim(welcome).put("attempt", 5)));
        TestClient late = cluster.connect(0);
        late.send(hello(claim(welcome).put("attempt", 4)));

        assertThat(older.awaitClose()).isEqualTo(4503);
        assertThat(late.awaitClose()).isEqualTo(4503);
        newer.send("{\"type\":\"ping\",\"time\":1}");
        assertThat(newer.await("pong").getLong("time")).isEqualTo(1);
    }

    @Test
    @Spec("SE-9")
    void takesAHelloWithoutAttemptForTheNewest() {
        TestClient older = cluster.connect(0);
        JsonObject welcome = older.hello();
        TestClient newer = cluster.connect(0);

        JsonObject session = newer.hello(hello(claim(welcome))).getJsonObject("session");

        assertThat(session.getBoolean("resumed")).isTrue();
        assertThat(older.awaitClose()).isEqualTo(4503);
        assertThat(newer.isOpen()).isTrue();
    }

    @Test
    @Spec("SE-10")
    void isAMemberOfExactlyTheRoomsThatTheNewConnectionLists() {
        TestClient first = cluster.connect(0);
        JsonObject welcome = first.hello(hello(claim(cluster.connect(0).hello()), "kept", "dropped"));
        TestClient second = cluster.connect(0);
        second.hello(hello(claim(welcome).put("attempt", 9), "kept"));
        TestClient publisher = cluster.connect(0);
        publisher.hello();

        publisher.send("[{\"type\":\"publish\",\"room\":\"dropped\",\"number\":1,\"data\":1},"
                + "{\"type\":\"publish\",\"room\":\"kept\",\"number\":1,\"data\":1}]");
        second.await("publication");
        second.send("{\"type\":\"leave\",\"ref\":1,\"room\":\"dropped\"}");

        assertThat(second.await("error").getString("code")).isEqualTo("not-joined");
        assertThat(second.publications("dropped")).isEmpty();
        assertThat(second.publications("kept")).hasSize(1);
    }

    @Test
    @Spec({"FL-3", "FL-6"})
    void answersEveryPingOfALargeBatchWithoutHarmToOthers() {
        TestClient other = cluster.connect(0);
        other.hello();
        TestClient client = cluster.connect(0);
        client.hello();
        JsonArray batch = new JsonArray();
        for (int i = 1; i <= 2_000; i++) {
            batch.add(new JsonObject().put("type", "ping").put("time", i));
        }

        client.send(batch.encode());
        other.send("{\"type\":\"ping\",\"time\":77}");

        assertThat(other.await("pong").getLong("time")).isEqualTo(77);
        client.await(frame -> frame.getString("type").equals("pong") && frame.getLong("time") == 2_000, "last pong");
        assertThat(client.frames().stream()
                        .filter(frame -> frame.getString("type").equals("pong"))
                        .map(frame -> frame.getLong("time"))
                        .toList())
                .isSorted()
                .hasSize(2_000);
    }

    @Test
    @Spec({"FR-6", "FR-7", "FR-8"})
    void closesWhoBreaksTheFramingAndHarmsNobodyElse() {
        TestClient witness = cluster.connect(0);
        witness.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"witness\"}]}");
        TestClient deep = cluster.connect(0);
        deep.hello();
        TestClient binary = cluster.connect(0);
        binary.hello();
        TestClient large = cluster.connect(0);
        large.hello();

        deep.send("{\"type\":\"publish\",\"room\":\"witness\",\"number\":1,\"data\":" + "[".repeat(70) + "]".repeat(70)
                + "}");
        binary.sendBinary(new byte[] {1, 2, 3});
        large.send("{\"type\":\"publish\",\"room\":\"witness\",\"number\":1,\"data\":\"" + "x".repeat(70_000) + "\"}");

        assertThat(deep.awaitClose()).isEqualTo(4500);
        assertThat(binary.awaitClose()).isEqualTo(4500);
        assertThat(large.awaitClose()).isEqualTo(1009);
        witness.send("{\"type\":\"publish\",\"room\":\"witness\",\"number\":1,\"data\":1}");
        witness.await("publication");
        assertThat(witness.publications("witness")).hasSize(1);
    }
}
