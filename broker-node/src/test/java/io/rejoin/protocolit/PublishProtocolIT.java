package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Numbers, acknowledgements and what is given up, on one node. */
final class PublishProtocolIT {

    private static TestCluster cluster;

    @BeforeAll
    static void startNode() {
        cluster = TestCluster.of(1)
                .with("REJOIN_LIMITS_INFLIGHT", "4")
                .with("REJOIN_ROOM_PUBLICATION_BYTES", "1KiB")
                .start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    private final TestClient client = cluster.connect(0);
    private final JsonObject welcome = client.hello();
    private int ref;

    /** Publishes and gives the answer; {@code rest} is what follows the number. */
    private JsonObject publish(TestClient by, String room, long number, String rest) {
        ref++;
        return by.ask(
                ref,
                "{\"type\":\"publish\",\"ref\":" + ref + ",\"room\":\"" + room + "\",\"number\":" + number + "," + rest
                        + "}");
    }

    private List<Object> log(String room) {
        ref++;
        return client
                .ask(ref, "{\"type\":\"history\",\"ref\":" + ref + ",\"room\":\"" + room + "\"}")
                .getJsonArray("publications")
                .stream()
                .map(publication -> ((JsonObject) publication).getValue("data"))
                .toList();
    }

    @Test
    @Spec({"PB-2", "PB-3"})
    void answersARepeatedNumberWithThePositionThatItHas() {
        JsonObject first = publish(client, "pb3", 1, "\"data\":\"a\"");
        publish(client, "pb3", 2, "\"data\":\"b\"");

        JsonObject repeated = publish(client, "pb3", 1, "\"data\":\"something else\"");

        assertThat(repeated.getString("type")).isEqualTo("ack");
        assertThat(repeated.getLong("number")).isEqualTo(1);
        assertThat(repeated.getJsonObject("position")).isEqualTo(first.getJsonObject("position"));
        assertThat(log("pb3")).containsExactly("a", "b");
    }

    @Test
    @Spec({"PB-3", "SE-4"})
    void goesOnWithTheNumbersAfterTheSessionRecordIsGone() {
        JsonObject first = publish(client, "se4", 1, "\"data\":\"a\"");
        client.send("{\"type\":\"bye\"}");
        client.awaitClose();
        JsonObject session = welcome.getJsonObject("session");
        TestClient again = cluster.connect(0);
        JsonObject resumed = again.hello("{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id")
                + "\",\"secret\":\"" + session.getString("secret") + "\",\"attempt\":2},\"rooms\":[{\"room\":\"se4\","
                + "\"position\":{\"offset\":0}}]}");

        JsonObject repeated = publish(again, "se4", 1, "\"data\":\"twice\"");
        JsonObject next = publish(again, "se4", 2, "\"first\":2,\"data\":\"b\"");
        again.awaitAnswers();

        assertThat(resumed.getJsonObject("session").getBoolean("resumed")).isFalse();
        assertThat(resumed.getJsonArray("rooms").getJsonObject(0).getString("outcome"))
                .isEqualTo("resumed");
        assertThat(repeated.getJsonObject("position")).isEqualTo(first.getJsonObject("position"));
        assertThat(next.getJsonObject("position").getLong("offset")).isEqualTo(2);
        again.await(frame -> "b".equals(frame.getValue("data")), "publication of b");
        assertThat(again.publications("se4").stream().map(publication -> publication.getValue("data")))
                .containsExactly("a", "b");
    }

    @Test
    @Spec("PB-4")
    void leavesThePositionOutOnlyForNumbersOlderThanItRemembers() {
        TestClient between = cluster.connect(0);
        between.hello();
        for (int number = 1; number <= 8; number++) {
            publish(client, "pb4", number, "\"data\":1");
            publish(between, "pb4", number, "\"data\":2");
        }

        JsonObject fourth = publish(client, "pb4", 4, "\"data\":1");
        JsonObject fifth = publish(client, "pb4", 5, "\"data\":1");
        JsonObject eighth = publish(client, "pb4", 8, "\"data\":1");

        assertThat(fourth.getString("type")).isEqualTo("ack");
        assertThat(fourth.containsKey("position")).isFalse();
        assertThat(fifth.getJsonObject("position").getLong("offset")).isEqualTo(9);
        assertThat(eighth.getJsonObject("position").getLong("offset")).isEqualTo(15);
        assertThat(log("pb4")).hasSize(16);
    }

    @Test
    @Spec({"PB-5", "PB-9"})
    void refusesANumberThatSkipsOneAndTellsWhichIsDue() {
        JsonObject atStart = publish(client, "pb5", 2, "\"data\":\"too early\"");
        publish(client, "pb5", 1, "\"data\":\"a\"");

        JsonObject skipped = publish(client, "pb5", 3, "\"first\":2,\"data\":\"too early\"");
        JsonObject due = publish(client, "pb5", 2, "\"first\":2,\"data\":\"b\"");

        assertThat(atStart.getString("code")).isEqualTo("out-of-order");
        assertThat(atStart.getLong("expected")).isEqualTo(1);
        assertThat(skipped.getString("code")).isEqualTo("out-of-order");
        assertThat(skipped.getLong("expected")).isEqualTo(2);
        assertThat(skipped.getBoolean("retryable")).isTrue();
        assertThat(skipped.getString("room")).isEqualTo("pb5");
        assertThat(skipped.getLong("number")).isEqualTo(3);
        assertThat(due.getString("type")).isEqualTo("ack");
        assertThat(log("pb5")).containsExactly("a", "b");
    }

    @Test
    @Spec({"PB-5", "PB-6"})
    void takesTheNumberBehindAllThatFirstSettles() {
        JsonObject far = publish(client, "pb6", 41, "\"first\":41,\"data\":\"a\"");
        JsonObject next = publish(client, "pb6", 42, "\"data\":\"b\"");
        JsonObject beyond = publish(client, "pb6", 50, "\"first\":49,\"data\":\"c\"");
        JsonObject faulty = publish(client, "pb6", 50, "\"first\":51,\"data\":\"c\"");

        assertThat(far.getJsonObject("position").getLong("offset")).isEqualTo(1);
        assertThat(next.getJsonObject("position").getLong("offset")).isEqualTo(2);
        assertThat(beyond.getLong("expected")).isEqualTo(49);
        assertThat(faulty.getString("code")).isEqualTo("bad-request");
        assertThat(faulty.getString("message")).contains("first");
        assertThat(log("pb6")).containsExactly("a", "b");
    }

    @Test
    @Spec({"PB-7", "PB-4"})
    void tellsThePositionOfANumberThatWasAppliedBeforeItWasGivenUp() {
        JsonObject applied = publish(client, "pb7", 1, "\"data\":\"a\"");

        JsonObject skipped = publish(client, "pb7", 1, "\"skip\":true");
        JsonObject next = publish(client, "pb7", 2, "\"data\":\"b\"");

        assertThat(skipped.getString("type")).isEqualTo("ack");
        assertThat(skipped.getJsonObject("position")).isEqualTo(applied.getJsonObject("position"));
        assertThat(next.getJsonObject("position").getLong("offset")).isEqualTo(2);
        assertThat(log("pb7")).containsExactly("a", "b");
    }

    @Test
    @Spec({"PB-7", "PB-8", "PB-4"})
    void neverAppliesANumberThatWasGivenUp() {
        JsonObject skipped = publish(client, "pb8", 1, "\"skip\":true");
        JsonObject late = publish(client, "pb8", 1, "\"data\":\"too late\"");
        JsonObject next = publish(client, "pb8", 2, "\"data\":\"b\"");

        assertThat(skipped.getString("type")).isEqualTo("ack");
        assertThat(skipped.containsKey("position")).isFalse();
        assertThat(late.getString("type")).isEqualTo("ack");
        assertThat(late.containsKey("position")).isFalse();
        assertThat(next.getJsonObject("position").getLong("offset")).isEqualTo(1);
        assertThat(log("pb8")).containsExactly("b");
    }

    @Test
    @Spec({"PB-9", "PB-15", "ER-3"})
    void namesRoomAndNumberOfATooLargePublicationAndTakesTheLargest() {
        JsonObject large = publish(client, "pb15", 1, "\"data\":\"" + "x".repeat(1_023) + "\"");
        JsonObject largest = publish(client, "pb15", 1, "\"data\":\"" + "x".repeat(1_022) + "\"");

        assertThat(large.getString("code")).isEqualTo("too-large");
        assertThat(large.getString("room")).isEqualTo("pb15");
        assertThat(large.getLong("number")).isEqualTo(1);
        assertThat(largest.getJsonObject("position").getLong("offset")).isEqualTo(1);
    }

    @Test
    @Spec("PB-13")
    void doesNotMakeAPublisherAMember() {
        publish(client, "pb13", 1, "\"data\":\"a\"");
        client.awaitAnswers();

        JsonObject leave = client.ask(99, "{\"type\":\"leave\",\"ref\":99,\"room\":\"pb13\"}");

        assertThat(client.publications("pb13")).isEmpty();
        assertThat(leave.getString("code")).isEqualTo("not-joined");
    }

    @Test
    @Spec("PB-16")
    void answersAnEphemeralPublishOnlyWhenItIsWrong() {
        client.send("{\"type\":\"publish\",\"ref\":70,\"room\":\"pb16\",\"class\":\"ephemeral\",\"data\":1}");
        JsonObject numbered = client.ask(
                71,
                "{\"type\":\"publish\",\"ref\":71,\"room\":\"pb16\",\"class\":\"ephemeral\",\"number\":1,\"data\":1}");
        client.awaitAnswers();

        assertThat(numbered.getString("code")).isEqualTo("bad-request");
        assertThat(numbered.getString("message")).contains("number");
        assertThat(client.frames().stream().filter(frame -> Integer.valueOf(70).equals(frame.getValue("ref"))))
                .isEmpty();
        assertThat(log("pb16")).isEmpty();
    }
}
