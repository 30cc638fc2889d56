package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What holds at whichever node a client is, on three nodes that all stay. */
final class ClusterProtocolIT {

    private static TestCluster cluster;

    @BeforeAll
    static void startNodes() {
        cluster = TestCluster.of(3).start();
    }

    @AfterAll
    static void stopNodes() {
        cluster.close();
    }

    private static String publish(int ref, String room, long number, String data) {
        return "{\"type\":\"publish\",\"ref\":" + ref + ",\"room\":\"" + room + "\",\"number\":" + number + ",\"data\":"
                + data + "}";
    }

    private static String hello(JsonObject session, int attempt, String rooms) {
        return "{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id") + "\",\"secret\":\""
                + session.getString("secret") + "\",\"attempt\":" + attempt + "},\"rooms\":" + rooms + "}";
    }

    @Test
    @Spec({"SE-2", "SE-6", "SE-7", "SE-8"})
    void movesASessionFromNodeToNodeWithItsIdSecretAndPublisher() {
        TestClient first = cluster.connect(0);
        JsonObject session = first.hello().getJsonObject("session");
        TestClient second = cluster.connect(1);
        JsonObject resumed = second.hello(hello(session, 5, "[]")).getJsonObject("session");
        int firstCode = first.awaitClose();
        TestClient late = cluster.connect(2);

        late.send(hello(session, 4, "[]"));
        int lateCode = late.awaitClose();
        second.awaitAnswers();

        assertThat(firstCode).isEqualTo(4503);
        assertThat(lateCode).isEqualTo(4503);
        assertThat(second.isOpen()).isTrue();
        assertThat(resumed.getBoolean("resumed")).isTrue();
        assertThat(resumed.getString("id")).isEqualTo(session.getString("id"));
        assertThat(resumed.getString("secret")).isEqualTo(session.getString("secret"));
        assertThat(resumed.getString("publisher")).isEqualTo(session.getString("publisher"));
    }

    @Test
    @Spec({"PB-2", "PB-3", "PB-8"})
    void appliesEachNumberOnceToWhicheverNodeItIsSentAgain() {
        TestClient first = cluster.connect(0);
        JsonObject session = first.hello().getJsonObject("session");
        JsonObject one = first.ask(1, publish(1, "pb3", 1, "\"a\""));
        first.ask(2, "{\"type\":\"publish\",\"ref\":2,\"room\":\"pb3\",\"number\":2,\"skip\":true}");
        TestClient second = cluster.connect(1);
        second.hello(hello(session, 2, "[]"));

        JsonObject repeated = second.ask(3, publish(3, "pb3", 1, "\"again\""));
        JsonObject givenUp = second.ask(4, publish(4, "pb3", 2, "\"late\""));
        JsonObject next = second.ask(5, publish(5, "pb3", 3, "\"b\""));
        TestClient reader = cluster.connect(2);
        reader.hello();
        JsonObject page = reader.ask(6, "{\"type\":\"history\",\"ref\":6,\"room\":\"pb3\"}");

        assertThat(repeated.getJsonObject("position")).isEqualTo(one.getJsonObject("position"));
        assertThat(givenUp.getString("type")).isEqualTo("ack");
        assertThat(givenUp.containsKey("position")).isFalse();
        assertThat(next.getJsonObject("position").getLong("offset")).isEqualTo(2);
        assertThat(page.getJsonArray("publications").stream()
                        .map(publication -> ((JsonObject) publication).getValue("data")))
                .containsExactly("a", "b");
    }

    @Test
    @Spec({"RM-7", "RM-20"})
    void givesMembersAtEveryNodeTheSamePublicationsUnderTheSameOffsets() {
        List<TestClient> members = List.of(cluster.connect(0), cluster.connect(1), cluster.connect(2));
        members.forEach(member ->
                member.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"rm7\",\"position\":{\"offset\":0}}]}"));

        for (int number = 1; number <= 100; number++) {
            for (int node = 0; node < 3; node++) {
                members.get(node).send(publish(number, "rm7", number, "\"" + node + "-" + number + "\""));
            }
        }

        for (TestClient member : members) {
            Await.until(
                    () -> member.publications("rm7").size() == 300,
                    () -> "publications=" + member.publications("rm7").size());
        }
        List<String> seen = encoded(members.get(0));
        assertThat(encoded(members.get(1))).isEqualTo(seen);
        assertThat(encoded(members.get(2))).isEqualTo(seen);
        assertThat(members.get(0).publications("rm7").stream().map(publication -> publication.getLong("offset")))
                .startsWith(1L)
                .endsWith(300L)
                .isSorted()
                .doesNotHaveDuplicates();
    }

    private static List<String> encoded(TestClient member) {
        return member.publications("rm7").stream().map(JsonObject::encode).toList();
    }

    @Test
    @Spec({"SE-10", "RM-3", "RM-11"})
    void joinsAtAnotherNodeExactlyTheRoomsThatAreListed() {
        TestClient first = cluster.connect(0);
        JsonObject welcome =
                first.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"se10-kept\"},{\"room\":\"se10-left\"}]}");
        TestClient publisher = cluster.connect(2);
        publisher.hello();
        JsonObject position = publisher.ask(1, publish(1, "se10-kept", 1, "1")).getJsonObject("position");
        first.await("publication");
        publisher.ask(2, publish(2, "se10-kept", 2, "2"));
        publisher.ask(3, publish(3, "se10-left", 1, "1"));
        TestClient second = cluster.connect(1);

        JsonObject resumed = second.hello(hello(
                welcome.getJsonObject("session"),
                2,
                "[{\"room\":\"se10-kept\",\"position\":" + position.encode() + "}]"));
        JsonObject missed = second.await("publication");
        second.awaitAnswers();

        assertThat(resumed.getJsonArray("rooms").getJsonObject(0).getJsonObject("position"))
                .isEqualTo(position);
        assertThat(missed.getLong("offset")).isEqualTo(2);
        assertThat(second.publications("se10-left")).isEmpty();
        assertThat(second.ask(4, "{\"type\":\"leave\",\"ref\":4,\"room\":\"se10-left\"}")
                        .getString("code"))
                .isEqualTo("not-joined");
    }
}
