package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the policy of a namespace refuses, on one node. */
final class RoomPolicyProtocolIT {

    private static final String NAMESPACES = """
            rooms:
              "read-only/": {publish: nobody}
              "closed/": {publish: members}
              "closed/one/": {publish: members, members: 1}
              "typing/": {class: ephemeral}
              "two/": {members: 2}
              "short/": {history-count: 3}
            """;

    private static TestCluster cluster;

    @BeforeAll
    static void startNode(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("rejoin.yaml"), NAMESPACES);
        cluster = TestCluster.of(1).withFile(file).start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    private final TestClient client = client();
    private int ref;

    private static TestClient client() {
        TestClient client = cluster.connect(0);
        client.hello();
        return client;
    }

    private JsonObject ask(TestClient by, String type, String room, String rest) {
        ref++;
        return by.ask(ref, "{\"type\":\"" + type + "\",\"ref\":" + ref + ",\"room\":\"" + room + "\"" + rest + "}");
    }

    private JsonObject publish(TestClient by, String room, long number) {
        return ask(by, "publish", room, ",\"number\":" + number + ",\"data\":" + number);
    }

    private JsonObject skip(TestClient by, String room, long number) {
        return ask(by, "publish", room, ",\"number\":" + number + ",\"skip\":true");
    }

    private JsonObject publishEphemeral(TestClient by, String room) {
        return ask(by, "publish", room, ",\"class\":\"ephemeral\",\"data\":0");
    }

    private JsonArray history(String room) {
        return ask(client, "history", room, "").getJsonArray("publications");
    }

    private static void assertForbidden(JsonObject error, String why) {
        assertThat(error.getString("type")).isEqualTo("error");
        assertThat(error.getString("code")).isEqualTo("forbidden");
        assertThat(error.getBoolean("retryable")).isFalse();
        assertThat(error.getString("message")).contains(why);
    }

    @Test
    @Spec("PB-20")
    void takesNothingFromClientsWhereNobodyMayPublish() {
        ask(client, "join", "read-only/1", "");

        JsonObject durable = publish(client, "read-only/1", 1);
        JsonObject ephemeral = publishEphemeral(client, "read-only/1");
        JsonObject skipped = skip(client, "read-only/1", 1);

        assertForbidden(durable, "clients may not publish");
        assertThat(durable.getLong("number")).isEqualTo(1);
        assertThat(durable.getString("room")).isEqualTo("read-only/1");
        assertForbidden(ephemeral, "clients may not publish");
        assertThat(skipped.getString("type")).isEqualTo("ack");
        assertThat(skipped.containsKey("position")).isFalse();
        assertThat(history("read-only/1")).isEmpty();
        assertThat(client.publications("read-only/1")).isEmpty();
    }

    @Test
    @Spec({"PB-20", "PB-13"})
    void takesPublishesFromMembersOnlyWhereThePolicySaysSo() {
        JsonObject before = publish(client, "closed/1", 1);
        JsonObject ephemeralBefore = publishEphemeral(client, "closed/1");
        ask(client, "join", "closed/1", "");
        JsonObject within = publish(client, "closed/1", 1);
        ask(client, "leave", "closed/1", "");
        JsonObject after = publish(client, "closed/1", 2);

        assertForbidden(before, "only members");
        assertForbidden(ephemeralBefore, "only members");
        assertThat(within.getJsonObject("position").getLong("offset")).isEqualTo(1);
        assertForbidden(after, "only members");
        assertThat(history("closed/1")).hasSize(1);
    }

    @Test
    @Spec("PB-20")
    void judgesPublishesBehindAJoinByWhatBecomesOfIt() {
        client.send("[{\"type\":\"join\",\"room\":\"closed/2\"},"
                + "{\"type\":\"publish\",\"room\":\"closed/2\",\"number\":1,\"data\":1},"
                + "{\"type\":\"publish\",\"room\":\"closed/2\",\"number\":2,\"skip\":true},"
                + "{\"type\":\"publish\",\"room\":\"closed/2\",\"class\":\"ephemeral\",\"data\":\"e\"},"
                + "{\"type\":\"publish\",\"room\":\"closed/2\",\"number\":3,\"data\":3},"
                + "{\"type\":\"leave\",\"room\":\"closed/2\"},"
                + "{\"type\":\"publish\",\"room\":\"closed/2\",\"number\":4,\"data\":4}]");

        assertThat(List.of(client.await("ack"), client.await("ack"), client.await("ack")))
                .extracting(ack -> ack.getLong("number"))
                .containsExactly(1L, 2L, 3L);
        JsonObject behindLeave = client.await("error");
        assertForbidden(behindLeave, "only members");
        assertThat(behindLeave.getLong("number")).isEqualTo(4);
        assertThat(history("closed/2")).hasSize(2);
    }

    @Test
    @Spec({"PB-20", "RM-26"})
    void refusesPublishesBehindAJoinThatIsRefused() {
        ask(client, "join", "closed/one/1", "");
        TestClient second = client();

        second.send("[{\"type\":\"join\",\"ref\":\"j\",\"room\":\"closed/one/1\"},"
                + "{\"type\":\"publish\",\"ref\":\"p\",\"room\":\"closed/one/1\",\"number\":1,\"data\":1},"
                + "{\"type\":\"publish\",\"ref\":\"e\",\"room\":\"closed/one/1\",\"class\":\"ephemeral\",\"data\":1},"
                + "{\"type\":\"bye\"}]");

        assertThat(second.awaitClose()).isEqualTo(1000);
        assertForbidden(second.await("error"), "only members");
        assertThat(history("closed/one/1")).isEmpty();
    }

    @Test
    @Spec("PB-21")
    void keepsNoLogOfAnEphemeralRoom() {
        TestClient member = client();
        JsonObject joined = ask(member, "join", "typing/1", ",\"history\":10");

        JsonObject durable = publish(client, "typing/1", 1);
        JsonObject skipped = skip(client, "typing/1", 1);
        JsonObject late = skip(client, "typing/1", 9);
        client.send(
                "{\"type\":\"publish\",\"room\":\"typing/1\",\"class\":\"ephemeral\",\"key\":\"k\",\"data\":\"x\"}");
        JsonObject publication = member.await("publication");

        assertThat(joined.getString("outcome")).isEqualTo("live");
        assertThat(joined.getJsonObject("position").getLong("offset")).isZero();
        assertForbidden(durable, "class ephemeral");
        assertThat(durable.getLong("number")).isEqualTo(1);
        assertThat(List.of(skipped, late)).allSatisfy(answer -> {
            assertThat(answer.getString("type")).isEqualTo("ack");
            assertThat(answer.containsKey("position")).isFalse();
        });
        assertThat(publication.getString("data")).isEqualTo("x");
        assertThat(publication.getString("key")).isEqualTo("k");
        assertThat(publication.containsKey("offset")).isFalse();
        assertThat(history("typing/1")).isEmpty();
    }

    @Test
    void takesKeysAndEphemeralPublishesInADurableRoom() {
        TestClient member = client();
        ask(member, "join", "short/keys", "");

        ask(client, "publish", "short/keys", ",\"number\":1,\"key\":\"k\",\"data\":1");
        client.send("{\"type\":\"publish\",\"room\":\"short/keys\",\"class\":\"ephemeral\",\"data\":2}");

        member.await(frame -> Integer.valueOf(1).equals(frame.getValue("data")), "durable publication");
        member.await(frame -> Integer.valueOf(2).equals(frame.getValue("data")), "ephemeral publication");
        assertThat(history("short/keys").getJsonObject(0).getString("key")).isEqualTo("k");
    }

    @Test
    void boundsTheHistoryOfEachRoomByItsNamespace() {
        for (int number = 1; number <= 5; number++) {
            publish(client, "short/1", number);
            publish(client, "long", number);
        }

        assertThat(history("short/1")).hasSize(3);
        assertThat(history("long")).hasSize(5);
    }

    @Test
    @Spec("RM-26")
    void takesNoMoreMembersThanThePolicyAllows() {
        TestClient second = client();
        TestClient third = client();
        ask(client, "join", "two/1", "");
        ask(second, "join", "two/1", "");

        JsonObject refused = ask(third, "join", "two/1", "");
        JsonObject inHello =
                cluster.connect(0).hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"two/1\"},{\"room\":\"two/2\"}]}");
        ask(second, "leave", "two/1", "");
        JsonObject later = ask(third, "join", "two/1", "");

        assertThat(refused.getString("code")).isEqualTo("room-limit");
        assertThat(refused.getString("message")).contains("members=2");
        JsonArray rooms = inHello.getJsonArray("rooms");
        assertThat(rooms.getJsonObject(0).getJsonObject("error").getString("code"))
                .isEqualTo("room-limit");
        assertThat(rooms.getJsonObject(1).getString("outcome")).isEqualTo("live");
        assertThat(later.getString("outcome")).isEqualTo("live");
    }

    @Test
    @Spec("RM-26")
    void findsThePlaceOfTheLastConnectionInAFullRoom() {
        TestClient first = cluster.connect(0);
        JsonObject session = first.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"two/full\"}]}")
                .getJsonObject("session");
        ask(client, "join", "two/full", "");

        JsonObject welcome = cluster.connect(0)
                .hello("{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id") + "\",\"secret\":\""
                        + session.getString("secret") + "\",\"attempt\":2},\"rooms\":[{\"room\":\"two/full\"}]}");

        assertThat(welcome.getJsonObject("session").getBoolean("resumed")).isTrue();
        assertThat(welcome.getJsonArray("rooms").getJsonObject(0).getString("outcome"))
                .isEqualTo("live");
        assertThat(first.awaitClose()).isEqualTo(4503);
    }
}
