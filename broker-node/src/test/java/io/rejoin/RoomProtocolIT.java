package io.rejoin;

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

/** Room, publish, history and flow items of the protocol, on one real node. */
final class RoomProtocolIT {

    private static TestCluster cluster;

    @BeforeAll
    static void startNode() {
        cluster = TestCluster.of(1)
                .with("REJOIN_ROOM_HISTORY_COUNT", "20")
                .with("REJOIN_ROOM_PUBLICATION_BYTES", "2KiB")
                .with("REJOIN_LIMITS_ROOMS", "2")
                .with("REJOIN_LIMITS_INFLIGHT", "8")
                .start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    private static TestClient client() {
        TestClient client = cluster.connect(0);
        client.hello();
        return client;
    }

    private static JsonObject publish(TestClient client, String room, int number, String data) {
        client.send("{\"type\":\"publish\",\"ref\":" + number + ",\"room\":\"" + room + "\",\"number\":" + number
                + ",\"data\":" + data + "}");
        return client.await(
                frame -> List.of("ack", "error").contains(frame.getString("type"))
                        && frame.getInteger("number", 0) == number,
                "answer to number " + number);
    }

    private static JsonObject history(TestClient client, String members) {
        client.send("{\"type\":\"history\",\"ref\":\"h\"," + members + "}");
        return client.await("history");
    }

    private static List<Integer> values(JsonObject page) {
        return page.getJsonArray("publications").stream()
                .map(publication -> ((JsonObject) publication).getInteger("data"))
                .toList();
    }

    @Test
    @Spec({"RM-1", "RM-2", "RM-11"})
    void answersAJoinBeforeTheFirstPublication() {
        TestClient client = client();
        publish(client, "rm1", 1, "1");

        client.send("[{\"type\":\"join\",\"ref\":\"j\",\"room\":\"rm1\"},"
                + "{\"type\":\"publish\",\"room\":\"rm1\",\"number\":2,\"data\":2}]");
        client.await("publication");

        List<String> order = client.frames().stream()
                .map(frame -> frame.getString("type"))
                .filter(type -> List.of("joined", "publication").contains(type))
                .toList();
        JsonObject joined = client.await("joined");
        assertThat(order).containsExactly("joined", "publication");
        assertThat(joined.getString("ref")).isEqualTo("j");
        assertThat(joined.getString("outcome")).isEqualTo("live");
        assertThat(joined.getJsonObject("position").getLong("offset")).isEqualTo(1);
        assertThat(joined.getJsonObject("position").getString("epoch")).isNotEmpty();
    }

    @Test
    @Spec({"RM-5", "RM-6"})
    void takesOffsetZeroForTheBeginningOfWhateverLogIsThere() {
        TestClient client = client();
        client.send("{\"type\":\"join\",\"ref\":1,\"room\":\"rm5\",\"position\":{\"offset\":0}}");
        JsonObject empty = client.await("joined");
        client.send("{\"type\":\"leave\",\"ref\":2,\"room\":\"rm5\"}");
        client.await("left");
        publish(client, "rm5", 1, "1");

        client.send("{\"type\":\"join\",\"ref\":3,\"room\":\"rm5\",\"position\":"
                + empty.getJsonObject("position").encode() + "}");
        JsonObject again = client.await("joined");
        JsonObject first = client.await("publication");

        assertThat(empty.getString("outcome")).isEqualTo("resumed");
        assertThat(empty.getJsonObject("position").getString("epoch")).isNotEmpty();
        assertThat(again.getString("outcome")).isEqualTo("resumed");
        assertThat(first.getLong("offset")).isEqualTo(1);
    }

    @Test
    @Spec("RM-17")
    void refusesOneRoomTooManyAndAJoinedRoom() {
        TestClient client = client();
        client.send(
                "[{\"type\":\"join\",\"ref\":1,\"room\":\"rm17-1\"},{\"type\":\"join\",\"ref\":2,\"room\":\"rm17-1\"},"
                        + "{\"type\":\"join\",\"ref\":3,\"room\":\"rm17-2\"},{\"type\":\"join\",\"ref\":4,\"room\":\"rm17-3\"}]");

        JsonObject already = client.await(frame -> frame.getInteger("ref", 0) == 2, "answer to ref 2");
        JsonObject limit = client.await(frame -> frame.getInteger("ref", 0) == 4, "answer to ref 4");
        client.await(frame -> frame.getInteger("ref", 0) == 3, "answer to ref 3");
        publish(client, "rm17-1", 1, "1");
        client.await("publication");

        assertThat(already.getString("code")).isEqualTo("already-joined");
        assertThat(limit.getString("code")).isEqualTo("room-limit");
    }

    @Test
    @Spec({"PB-1", "PB-19"})
    void acknowledgesAPublishWithItsPosition() {
        TestClient client = client();

        JsonObject ack = publish(client, "pb1", 1, "\"hi\"");

        assertThat(ack.getString("type")).isEqualTo("ack");
        assertThat(ack.getInteger("ref")).isEqualTo(1);
        assertThat(ack.getString("room")).isEqualTo("pb1");
        assertThat(ack.getJsonObject("position").getLong("offset")).isEqualTo(1);
    }

    @Test
    @Spec({"PB-9", "PB-15", "PB-11"})
    void refusesATooLargePublicationAndWhatIsPipelinedBehindIt() {
        TestClient client = client();
        publish(client, "pb15", 1, "1");

        client.send("[{\"type\":\"publish\",\"ref\":2,\"room\":\"pb15\",\"number\":2,\"first\":2,\"data\":\""
                + "x".repeat(2_100)
                + "\"},{\"type\":\"publish\",\"ref\":3,\"room\":\"pb15\",\"number\":3,\"first\":2,\"data\":3}]");
        JsonObject large = client.await(frame -> frame.getInteger("ref", 0) == 2, "answer to ref 2");
        JsonObject behind = client.await(frame -> frame.getInteger("ref", 0) == 3, "answer to ref 3");
        client.send("{\"type\":\"publish\",\"ref\":4,\"room\":\"pb15\",\"number\":2,\"first\":2,\"skip\":true}");
        JsonObject skipped = client.await(frame -> frame.getInteger("ref", 0) == 4, "answer to ref 4");

        assertThat(large.getString("code")).isEqualTo("too-large");
        assertThat(large.getLong("number")).isEqualTo(2);
        assertThat(large.getString("room")).isEqualTo("pb15");
        assertThat(large.getBoolean("retryable")).isFalse();
        assertThat(behind.getString("code")).isEqualTo("out-of-order");
        assertThat(behind.getLong("expected")).isEqualTo(2);
        assertThat(skipped.getString("type")).isEqualTo("ack");
        assertThat(skipped.containsKey("position")).isFalse();
        assertThat(values(history(client, "\"room\":\"pb15\""))).containsExactly(1);
    }

    @Test
    @Spec("FR-14")
    void refusesReservedRooms() {
        TestClient client = client();

        client.send("[{\"type\":\"join\",\"ref\":1,\"room\":\"$a\"},{\"type\":\"history\",\"ref\":2,\"room\":\"$a\"},"
                + "{\"type\":\"publish\",\"ref\":3,\"room\":\"$a\",\"number\":1,\"data\":1},"
                + "{\"type\":\"publish\",\"ref\":4,\"room\":\"$a\",\"class\":\"ephemeral\",\"data\":1}]");

        for (int ref = 1; ref <= 4; ref++) {
            int wanted = ref;
            JsonObject error = client.await(frame -> frame.getInteger("ref", 0) == wanted, "answer to ref " + ref);
            assertThat(error.getString("code")).isEqualTo("forbidden");
        }
    }

    @Test
    @Spec({"HI-1", "HI-2", "HI-4", "HI-6"})
    void pagesThroughTheRetainedLog() {
        TestClient client = client();
        for (int number = 1; number <= 5; number++) {
            publish(client, "hi", number, Integer.toString(number));
        }

        JsonObject newest = history(client, "\"room\":\"hi\",\"limit\":2");
        JsonObject first = history(client, "\"room\":\"hi\",\"limit\":3,\"after\":{\"offset\":0}");
        JsonObject second = history(
                client,
                "\"room\":\"hi\",\"after\":" + first.getJsonObject("position").encode());
        JsonObject end = history(
                client,
                "\"room\":\"hi\",\"after\":" + second.getJsonObject("position").encode());

        assertThat(values(newest)).containsExactly(4, 5);
        assertThat(newest.getBoolean("more")).isFalse();
        assertThat(values(first)).containsExactly(1, 2, 3);
        assertThat(first.getBoolean("more")).isTrue();
        assertThat(first.getJsonObject("position").getLong("offset")).isEqualTo(3);
        assertThat(values(second)).containsExactly(4, 5);
        assertThat(values(end)).isEmpty();
        assertThat(end.getJsonObject("position")).isEqualTo(second.getJsonObject("position"));
        assertThat(first.getJsonArray("publications").stream()
                        .map(publication -> ((JsonObject) publication).containsKey("epoch")))
                .containsExactly(true, false, false);
    }

    @Test
    @Spec({"HI-5", "RM-13", "RM-15", "RM-16"})
    void tellsWhatAPageLacks() {
        TestClient client = client();
        for (int number = 1; number <= 25; number++) {
            publish(client, "hi5", number, Integer.toString(number));
        }
        String epoch =
                history(client, "\"room\":\"hi5\"").getJsonObject("position").getString("epoch");

        JsonObject trimmed = history(client, "\"room\":\"hi5\",\"after\":{\"epoch\":\"" + epoch + "\",\"offset\":2}");
        JsonObject foreign = history(client, "\"room\":\"hi5\",\"after\":{\"epoch\":\"other\",\"offset\":2}");
        JsonObject beyond = history(client, "\"room\":\"hi5\",\"after\":{\"epoch\":\"" + epoch + "\",\"offset\":99}");

        assertThat(trimmed.getJsonObject("gap"))
                .isEqualTo(new JsonObject("{\"reason\":\"retention\",\"from\":3,\"to\":5}")
                        .mergeIn(onlyExtra(trimmed.getJsonObject("gap"))));
        assertThat(values(trimmed)).startsWith(6).hasSize(20);
        assertThat(foreign.getJsonObject("gap").getString("reason")).isEqualTo("epoch");
        assertThat(foreign.getJsonObject("gap").getLong("from")).isEqualTo(1);
        assertThat(beyond.getJsonObject("gap").getString("reason")).isEqualTo("epoch");
        assertThat(beyond.getJsonObject("position").getLong("offset")).isEqualTo(25);
    }

    private static JsonObject onlyExtra(JsonObject gap) {
        JsonObject extra = gap.copy();
        List.of("reason", "from", "to").forEach(extra::remove);
        return extra;
    }

    @Test
    @Spec("HI-8")
    void readsHistoryWithoutMembershipAndWithoutMovingTheRoom() {
        TestClient member = client();
        member.send("{\"type\":\"join\",\"ref\":1,\"room\":\"hi8\"}");
        member.await("joined");
        publish(member, "hi8", 1, "1");
        member.await("publication");

        JsonObject page = history(member, "\"room\":\"hi8\"");
        publish(member, "hi8", 2, "2");
        JsonObject next = member.await("publication");
        TestClient stranger = client();

        assertThat(values(page)).containsExactly(1);
        assertThat(next.getLong("offset")).isEqualTo(2);
        assertThat(next.containsKey("epoch")).isFalse();
        assertThat(values(history(stranger, "\"room\":\"hi8\""))).containsExactly(1, 2);
    }

    @Test
    void aMemberThatDoesNotReadHarmsNobodyAndMissesNothing() {
        TestClient stuck = client();
        stuck.send("{\"type\":\"join\",\"ref\":1,\"room\":\"fl4\"}");
        stuck.await("joined");
        TestClient healthy = client();
        healthy.send("{\"type\":\"join\",\"ref\":1,\"room\":\"fl4\"}");
        healthy.await("joined");
        stuck.pause();
        String data = "\"" + "x".repeat(2_000) + "\"";

        for (int number = 1; number <= 400; number++) {
            publish(healthy, "fl4", number, data);
        }
        Await.until(
                () -> healthy.publications("fl4").size() == 400,
                () -> "publications=" + healthy.publications("fl4").size());
        stuck.resume();

        Await.until(() -> accountedFor(stuck, "fl4") >= 400, () -> "accounted for=" + accountedFor(stuck, "fl4"));
        assertThat(accountedFor(stuck, "fl4")).isEqualTo(400);
    }

    /** Publications received, and those that a gap announced as missing; fails when they do not follow each other. */
    private static long accountedFor(TestClient client, String room) {
        long offset = 0;
        for (JsonObject frame : client.frames()) {
            if (!room.equals(frame.getString("room"))) {
                continue;
            }
            if ("gap".equals(frame.getString("type"))) {
                assertThat(frame.getLong("from")).isEqualTo(offset + 1);
                offset = frame.getJsonObject("position").getLong("offset");
            } else if ("publication".equals(frame.getString("type"))) {
                assertThat(frame.getLong("offset")).isEqualTo(offset + 1);
                offset++;
            }
        }
        return offset;
    }

    @Test
    void answersEveryPublishAboveTheInflightLimit() {
        TestClient client = client();

        for (int number = 1; number <= 100; number++) {
            client.send(new JsonObject(
                    "{\"type\":\"publish\",\"room\":\"fl5\",\"number\":" + number + ",\"data\":" + number + "}"));
        }
        client.await(
                frame -> "ack".equals(frame.getString("type")) && frame.getLong("number") == 100, "ack of number 100");

        assertThat(client.frames().stream()
                        .filter(frame -> "ack".equals(frame.getString("type")))
                        .map(frame -> frame.getLong("number"))
                        .toList())
                .hasSize(100)
                .isSorted();
    }

    @Test
    @Spec({"RM-21", "PB-16"})
    void passesEphemeralPublicationsOnWithoutOffset() {
        TestClient member = client();
        member.send("{\"type\":\"join\",\"ref\":1,\"room\":\"rm21\"}");
        member.await("joined");

        client().send("{\"type\":\"publish\",\"room\":\"rm21\",\"class\":\"ephemeral\",\"data\":{\"typing\":true}}");
        JsonObject ephemeral = member.await("publication");

        assertThat(ephemeral.getJsonObject("data").getBoolean("typing")).isTrue();
        assertThat(ephemeral.containsKey("offset")).isFalse();
        assertThat(ephemeral.containsKey("epoch")).isFalse();
        assertThat(ephemeral.containsKey("number")).isFalse();
    }
}
