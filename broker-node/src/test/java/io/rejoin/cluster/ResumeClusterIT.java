package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ResumeClusterIT {

    private final TestCluster cluster = TestCluster.of(3);

    @AfterEach
    void stopNodes() {
        cluster.close();
    }

    private static String publish(String room, long number, String data) {
        return "{\"type\":\"publish\",\"room\":\"" + room + "\",\"number\":" + number + ",\"first\":" + number
                + ",\"data\":" + data + "}";
    }

    private static String helloWith(JsonObject session, long attempt, String rooms) {
        return "{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id") + "\",\"secret\":\""
                + session.getString("secret") + "\",\"attempt\":" + attempt + "},\"rooms\":" + rooms + "}";
    }

    @Test
    @Spec({"SE-2", "SE-3", "RM-3"})
    void resumesOnAnotherNodeExactlyWhereItWasAfterTheFirstWasKilled() {
        cluster.start();
        TestClient first = cluster.connect(0);
        JsonObject welcome = first.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"r\"}]}");
        TestClient publisher = cluster.connect(1);
        publisher.hello();
        publisher.send(publish("r", 1, "1"));
        JsonObject seen = first.await("publication");
        JsonObject position = publisher.await("ack").getJsonObject("position");

        cluster.kill(0);
        publisher.send(publish("r", 2, "2"));
        publisher.await("ack");
        TestClient second = cluster.connect(2);
        JsonObject resumed = second.hello(helloWith(
                welcome.getJsonObject("session"), 2, "[{\"room\":\"r\",\"position\":" + position.encode() + "}]"));
        JsonObject missed = second.await("publication");

        assertThat(seen.getLong("offset")).isEqualTo(1);
        assertThat(resumed.getJsonObject("session").getBoolean("resumed")).isTrue();
        assertThat(resumed.getJsonArray("rooms").getJsonObject(0).getString("outcome"))
                .isEqualTo("resumed");
        assertThat(missed.getLong("offset")).isEqualTo(2);
        assertThat(missed.getInteger("data")).isEqualTo(2);
    }

    @Test
    @Spec("SE-7")
    void closesTheOlderConnectionOfASessionOnWhateverNodeItIs() {
        cluster.start();
        TestClient older = cluster.connect(0);
        JsonObject session = older.hello().getJsonObject("session");

        TestClient newer = cluster.connect(1);
        newer.hello(helloWith(session, 2, "[]"));

        assertThat(older.awaitClose()).isEqualTo(4503);
        assertThat(newer.isOpen()).isTrue();
    }

    @Test
    @Spec("RM-7")
    void relaysBetweenAllNodesInOneOrder() {
        cluster.start();
        TestClient[] members = {cluster.connect(0), cluster.connect(1), cluster.connect(2)};
        for (TestClient member : members) {
            member.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"r\"}]}");
        }

        for (int number = 1; number <= 100; number++) {
            for (int node = 0; node < 3; node++) {
                members[node].send(publish("r", number, "\"" + node + "-" + number + "\""));
            }
        }

        for (TestClient member : members) {
            Await.until(
                    () -> member.publications("r").size() == 300,
                    () -> "publications=" + member.publications("r").size());
        }
        assertThat(members[1].publications("r").stream()
                        .map(p -> p.getValue("data"))
                        .toList())
                .isEqualTo(members[0].publications("r").stream()
                        .map(p -> p.getValue("data"))
                        .toList());
        assertThat(members[2].publications("r").stream()
                        .map(p -> p.getLong("offset"))
                        .toList())
                .isEqualTo(members[0].publications("r").stream()
                        .map(p -> p.getLong("offset"))
                        .toList());
    }

    @Test
    @Spec({"PB-17", "RM-8", "RM-9", "RM-10"})
    void keepsEveryAcknowledgedPublicationWhenANodeIsKilled() {
        cluster.start();
        // Rooms in every partition, so that the killed node owned some, whichever it owned.
        List<String> rooms =
                IntStream.range(0, 40).mapToObj(index -> "room-" + index).toList();
        TestClient member = cluster.connect(1);
        member.hello("{\"type\":\"hello\",\"rooms\":["
                + rooms.stream().map(room -> "{\"room\":\"" + room + "\"}").collect(Collectors.joining(",")) + "]}");
        TestClient publisher = cluster.connect(2);
        publisher.hello();
        for (String room : rooms) {
            for (int number = 1; number <= 5; number++) {
                publisher.send(publish(room, number, Integer.toString(number)));
            }
        }
        Await.until(() -> acks(publisher) == 200, () -> "acks=" + acks(publisher));
        Map<String, String> epochs = publisher.frames().stream()
                .filter(frame -> "ack".equals(frame.getString("type")) && frame.getLong("number") == 2)
                .collect(Collectors.toMap(
                        ack -> ack.getString("room"),
                        ack -> ack.getJsonObject("position").getString("epoch")));

        cluster.kill(0);
        for (String room : rooms) {
            publisher.send(publish(room, 6, "6"));
        }

        for (String room : rooms) {
            Await.until(
                    () -> member.publications(room).size() == 6,
                    () -> room + " has " + member.publications(room).size());
            assertThat(member.publications(room).stream().map(publication -> publication.getLong("offset")))
                    .containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
            assertThat(valuesInTheLog(publisher, room)).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(valuesAfter(publisher, room, epochs.get(room), 2)).containsExactly(3, 4, 5, 6);
        }
        assertThat(member.frames().stream().filter(frame -> "gap".equals(frame.getString("type"))))
                .isEmpty();
        assertThat(member.frames().stream()
                        .filter(frame -> "publication".equals(frame.getString("type")) && frame.containsKey("epoch"))
                        .map(frame -> frame.getLong("offset")))
                .as(
                        "publications that tell a new epoch: the sixth where the killed node was the owner, an earlier one where a"
                                + " partition moved while the cluster was young")
                .contains(6L);
    }

    private static List<Integer> valuesInTheLog(TestClient client, String room) {
        client.send("{\"type\":\"history\",\"ref\":\"log " + room + "\",\"room\":\"" + room + "\"}");
        JsonObject page = client.await(frame -> ("log " + room).equals(frame.getValue("ref")), "page of " + room);
        return page.getJsonArray("publications").stream()
                .map(publication -> ((JsonObject) publication).getInteger("data"))
                .toList();
    }

    /** Joins from a position of an epoch that has ended, and gives what follows. */
    private static List<Integer> valuesAfter(TestClient client, String room, String epoch, int offset) {
        client.send("{\"type\":\"join\",\"ref\":\"join " + room + "\",\"room\":\"" + room
                + "\",\"position\":{\"epoch\":\"" + epoch + "\",\"offset\":" + offset + "}}");
        JsonObject joined = client.await(frame -> ("join " + room).equals(frame.getValue("ref")), "joined of " + room);
        assertThat(joined.getString("outcome")).isEqualTo("resumed");
        Await.until(
                () -> client.publications(room).size() == 6 - offset,
                () -> room + " has " + client.publications(room).size());
        return client.publications(room).stream()
                .map(publication -> publication.getInteger("data"))
                .toList();
    }

    private static long acks(TestClient client) {
        return client.frames().stream()
                .filter(frame -> "ack".equals(frame.getString("type")))
                .count();
    }

    @Test
    @Spec("CL-4")
    void answersWhatWasReadBeforeItSendsClientsAway() {
        cluster.start();
        TestClient client = cluster.connect(0);
        JsonObject welcome = client.hello();
        for (int number = 1; number <= 50; number++) {
            client.send(publish("drain", number, "1"));
        }
        client.await("ack");

        cluster.stop(0);
        int code = client.awaitClose();
        TestClient next = cluster.connect(1);
        JsonObject resumed = next.hello(helloWith(welcome.getJsonObject("session"), 2, "[]"));
        next.send("{\"type\":\"history\",\"ref\":1,\"room\":\"drain\"}");
        JsonObject page = next.await("history");

        assertThat(code).isEqualTo(4000);
        assertThat(resumed.getJsonObject("session").getBoolean("resumed")).isTrue();
        assertThat(page.getJsonArray("publications")).hasSize((int) acks(client));
    }

    @Test
    @Spec({"CL-5", "HS-5"})
    void sendsItsClientsAwayAndAcknowledgesNothingWithoutAMajority() {
        cluster.start();
        TestClient client = cluster.connect(0);
        client.hello();
        client.send(publish("minority", 1, "1"));
        client.await("ack");

        cluster.kill(1);
        cluster.kill(2);
        client.send(new JsonObject(publish("minority", 2, "2")));
        int code = client.awaitClose();

        assertThat(code).isEqualTo(4005);
        assertThat(acks(client)).isEqualTo(1);
        assertThatThrownBy(() -> cluster.connect(0)).hasRootCauseMessage("WebSocket upgrade failure: 503");
    }
}
