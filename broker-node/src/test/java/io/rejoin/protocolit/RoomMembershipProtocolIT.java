package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Joining at every kind of position, what a publication carries, and leaving, on one node. */
final class RoomMembershipProtocolIT {

    private static TestCluster cluster;

    @BeforeAll
    static void startNode() {
        cluster = TestCluster.of(1).with("REJOIN_ROOM_HISTORY_COUNT", "10").start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    private final TestClient publisher = client();
    private int ref = 1_000;

    private static TestClient client() {
        TestClient client = cluster.connect(0);
        client.hello();
        return client;
    }

    private JsonObject publish(String room, int from, int to) {
        JsonObject last = new JsonObject();
        for (int number = from; number <= to; number++) {
            ref++;
            last = publisher.ask(
                    ref,
                    "{\"type\":\"publish\",\"ref\":" + ref + ",\"room\":\"" + room + "\",\"number\":" + number
                            + ",\"data\":" + number + "}");
        }
        return last.getJsonObject("position");
    }

    private static JsonObject join(TestClient client, String room, String rest) {
        return client.ask(1, "{\"type\":\"join\",\"ref\":1,\"room\":\"" + room + "\"" + rest + "}");
    }

    private static String at(String epoch, long offset) {
        return ",\"position\":{\"epoch\":\"" + epoch + "\",\"offset\":" + offset + "}";
    }

    private static List<Long> offsets(TestClient client, String room, int count) {
        Await.until(() -> client.publications(room).size() >= count, () -> "publications=" + client.publications(room));
        client.awaitAnswers();
        return client.publications(room).stream()
                .map(publication -> publication.getLong("offset"))
                .toList();
    }

    @Test
    @Spec({"RM-1", "ER-3"})
    void answersAJoinThatFailsWithRefAndRoom() {
        TestClient client = client();
        join(client, "rm1", "");

        JsonObject error = client.ask(2, "{\"type\":\"join\",\"ref\":2,\"room\":\"rm1\"}");

        assertThat(error.getString("type")).isEqualTo("error");
        assertThat(error.getString("room")).isEqualTo("rm1");
    }

    @Test
    @Spec({"RM-2", "RM-11"})
    void joinsAtTheHeadWhenNothingIsAskedFor() {
        JsonObject head = publish("rm2", 1, 3);
        TestClient client = client();

        JsonObject joined = join(client, "rm2", "");
        publish("rm2", 4, 5);

        assertThat(joined.getString("outcome")).isEqualTo("live");
        assertThat(joined.getJsonObject("position")).isEqualTo(head);
        assertThat(offsets(client, "rm2", 2)).containsExactly(4L, 5L);
    }

    @Test
    @Spec({"RM-3", "RM-7"})
    void goesOnBehindThePositionAskedFor() {
        String epoch = publish("rm3", 1, 5).getString("epoch");
        TestClient client = client();

        JsonObject joined = join(client, "rm3", at(epoch, 2));
        publish("rm3", 6, 6);

        assertThat(joined.getString("outcome")).isEqualTo("resumed");
        assertThat(joined.getJsonObject("position"))
                .isEqualTo(new JsonObject().put("epoch", epoch).put("offset", 2));
        assertThat(offsets(client, "rm3", 4)).containsExactly(3L, 4L, 5L, 6L);
    }

    @Test
    @Spec("RM-4")
    void beginsWithTheNewestAsFarAsTheyAreRetained() {
        publish("rm4", 1, 15);
        TestClient two = client();
        TestClient many = client();

        JsonObject joinedTwo = join(two, "rm4", ",\"history\":2");
        JsonObject joinedMany = join(many, "rm4", ",\"history\":1000");

        assertThat(joinedTwo.getString("outcome")).isEqualTo("live");
        assertThat(joinedTwo.getJsonObject("position").getLong("offset")).isEqualTo(13);
        assertThat(offsets(two, "rm4", 2)).containsExactly(14L, 15L);
        assertThat(joinedMany.getString("outcome")).isEqualTo("live");
        assertThat(joinedMany.getJsonObject("position").getLong("offset")).isEqualTo(5);
        assertThat(offsets(many, "rm4", 10)).startsWith(6L).hasSize(10);
    }

    @Test
    @Spec("RM-4")
    void ignoresHistoryBesideAPosition() {
        String epoch = publish("rm4-both", 1, 5).getString("epoch");
        TestClient client = client();

        JsonObject joined = join(client, "rm4-both", at(epoch, 4) + ",\"history\":3");

        assertThat(joined.getString("outcome")).isEqualTo("resumed");
        assertThat(offsets(client, "rm4-both", 1)).containsExactly(5L);
    }

    @Test
    @Spec("RM-5")
    void takesNoOffsetAboveZeroWithoutItsEpoch() {
        publish("rm5", 1, 2);

        JsonObject error = join(client(), "rm5", ",\"position\":{\"offset\":1}");

        assertThat(error.getString("code")).isEqualTo("bad-request");
        assertThat(error.getString("message")).contains("position");
    }

    @Test
    @Spec({"RM-5", "RM-6"})
    void resumesFromTheBeginningOfAnEmptyRoomWithoutAGap() {
        TestClient client = client();
        JsonObject empty = join(client, "rm6", "");
        TestClient later = client();
        publish("rm6", 1, 2);

        JsonObject joined =
                join(later, "rm6", at(empty.getJsonObject("position").getString("epoch"), 0));

        assertThat(empty.getJsonObject("position").getLong("offset")).isZero();
        assertThat(joined.getString("outcome")).isEqualTo("resumed");
        assertThat(offsets(later, "rm6", 2)).containsExactly(1L, 2L);
    }

    @Test
    @Spec({"RM-12", "RM-13"})
    void tellsWhichPublicationsAreNotRetainedAnyMore() {
        String epoch = publish("rm13", 1, 25).getString("epoch");
        TestClient client = client();

        JsonObject joined = join(client, "rm13", at(epoch, 3));

        assertThat(joined.getString("outcome")).isEqualTo("gap");
        assertThat(joined.getJsonObject("gap"))
                .isEqualTo(new JsonObject().put("from", 4).put("to", 15).put("reason", "retention"));
        assertThat(joined.getJsonObject("position"))
                .isEqualTo(new JsonObject().put("epoch", epoch).put("offset", 15));
        assertThat(offsets(client, "rm13", 10)).startsWith(16L).hasSize(10);
    }

    @Test
    @Spec({"RM-12", "RM-14", "RM-15"})
    void answersAForeignEpochWithAGapFromTheBeginning() {
        publish("rm15", 1, 12);
        TestClient client = client();

        JsonObject joined = join(client, "rm15", at("of-another-log", 7));

        assertThat(joined.getString("outcome")).isEqualTo("gap");
        assertThat(joined.getJsonObject("gap"))
                .isEqualTo(new JsonObject().put("from", 1).put("to", 2).put("reason", "epoch"));
        assertThat(joined.getJsonObject("position").getLong("offset")).isEqualTo(2);
        assertThat(offsets(client, "rm15", 10)).startsWith(3L).hasSize(10);
    }

    @Test
    @Spec({"RM-12", "RM-14", "RM-16"})
    void answersAPositionBeyondTheHeadWithAGapBackToTheHead() {
        JsonObject head = publish("rm16", 1, 4);
        TestClient client = client();

        JsonObject joined = join(client, "rm16", at(head.getString("epoch"), 9_000));
        publish("rm16", 5, 5);

        assertThat(joined.getString("outcome")).isEqualTo("gap");
        assertThat(joined.getJsonObject("gap")).isEqualTo(new JsonObject().put("reason", "epoch"));
        assertThat(joined.getJsonObject("position")).isEqualTo(head);
        assertThat(offsets(client, "rm16", 1)).containsExactly(5L);
    }

    @Test
    @Spec("RM-8")
    void tellsTheEpochOnceWhileItStaysTheSame() {
        publish("rm8", 1, 2);
        TestClient client = client();

        JsonObject joined = join(client, "rm8", ",\"position\":{\"offset\":0}");
        publish("rm8", 3, 3);
        offsets(client, "rm8", 3);

        assertThat(joined.getJsonObject("position").getString("epoch")).isNotEmpty();
        assertThat(client.publications("rm8")).hasSize(3).noneMatch(publication -> publication.containsKey("epoch"));
    }

    @Test
    @Spec({"RM-18", "ER-3"})
    void deliversNothingAfterLeft() {
        TestClient member = client();
        join(member, "rm18", "");
        publish("rm18", 1, 1);
        member.await("publication");

        JsonObject left = member.ask(2, "{\"type\":\"leave\",\"ref\":2,\"room\":\"rm18\"}");
        TestClient stays = client();
        join(stays, "rm18", "");
        publish("rm18", 2, 3);
        offsets(stays, "rm18", 2);
        JsonObject again = member.ask(3, "{\"type\":\"leave\",\"ref\":3,\"room\":\"rm18\"}");
        member.awaitAnswers();

        assertThat(left.getString("type")).isEqualTo("left");
        assertThat(left.getString("room")).isEqualTo("rm18");
        assertThat(again.getString("code")).isEqualTo("not-joined");
        assertThat(again.getString("room")).isEqualTo("rm18");
        assertThat(member.publications("rm18")).hasSize(1);
    }

    @Test
    @Spec("RM-20")
    void givesEveryMemberTheSamePublicationThePublisherIncluded() {
        TestClient own = cluster.connect(0);
        String id = own.hello().getJsonObject("session").getString("publisher");
        TestClient other = client();
        join(own, "rm20", "");
        join(other, "rm20", "");

        own.send("{\"type\":\"publish\",\"room\":\"rm20\",\"number\":1,\"key\":\"k\",\"data\":{\"b\":1,\"a\":[]}}");
        JsonObject publication = other.await("publication");

        assertThat(own.await("publication").encode()).isEqualTo(publication.encode());
        assertThat(publication.copy())
                .isEqualTo(new JsonObject()
                        .put("type", "publication")
                        .put("room", "rm20")
                        .put("offset", 1)
                        .put("time", publication.getLong("time"))
                        .put("data", new JsonObject("{\"b\":1,\"a\":[]}"))
                        .put("key", "k")
                        .put("publisher", id)
                        .put("number", 1));
        assertThat(publication.getLong("time")).isCloseTo(System.currentTimeMillis(), within(60_000L));
    }

    @Test
    @Spec("RM-21")
    void movesNoPositionByAnEphemeralPublication() {
        TestClient member = client();
        join(member, "rm21", "");

        publisher.send("{\"type\":\"publish\",\"room\":\"rm21\",\"class\":\"ephemeral\",\"data\":\"passing\"}");
        JsonObject passing = member.await("publication");
        publish("rm21", 1, 1);
        JsonObject kept = member.await("publication");

        assertThat(passing.getValue("data")).isEqualTo("passing");
        assertThat(passing.fieldNames()).doesNotContain("offset", "epoch", "number");
        assertThat(kept.getLong("offset")).isEqualTo(1);
    }
}
