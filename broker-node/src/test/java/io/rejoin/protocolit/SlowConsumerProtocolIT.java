package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.MemberView;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of clients whose sockets take nothing, on one node whose rooms give them half a second. */
final class SlowConsumerProtocolIT {

    /** Rooms that are skipped in retain so much that nothing a test publishes is let go: its only gaps are those of skipping. */
    private static final String NAMESPACES = """
            rooms:
              "close/": {slow-consumer-grace: 500ms}
              "skip/": {slow-consumer-grace: 500ms, slow-consumer-action: skip, history-bytes: 1GiB}
            """;

    private static final String CLOSED = "rejoin_slow_consumers_total{action=\"close\"}";
    private static final String SKIPPED = "rejoin_slow_consumers_total{action=\"skip\"}";

    private static final Pattern RETRY_AFTER = Pattern.compile("retry-after=(\\d+)");

    /** Of these four fit into a first cap of 256 KiB, two into half of it. */
    private static final String LARGE = "\"" + "x".repeat(60_000) + "\"";

    private static TestCluster cluster;

    @BeforeAll
    static void startNode(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("rejoin.yaml"), NAMESPACES);
        // Who reads nothing answers no ping, and nothing but the grace is to end it.
        cluster = TestCluster.of(1)
                .withFile(file)
                .with("REJOIN_HEARTBEAT_TIMEOUT", "10m")
                .with("REJOIN_CLIENT_CLOSE_TIMEOUT", "10m")
                .start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    private final TestClient publisher = publisher();
    private int published;

    private static TestClient publisher() {
        TestClient client = cluster.connect(0);
        client.hello();
        return client;
    }

    /** Publishes one after the other until a metric of the node shows so much. */
    private void publishUntil(String room, String metric, long value) {
        long deadline = System.nanoTime() + 40_000_000_000L;
        while (cluster.metric(0, metric) < value) {
            assertThat(System.nanoTime())
                    .as("%s=%d after %d publications", metric, cluster.metric(0, metric), published)
                    .isLessThan(deadline);
            publish(room);
        }
    }

    private void publish(String room) {
        published++;
        JsonObject answer = publisher.ask(
                published,
                "{\"type\":\"publish\",\"ref\":" + published + ",\"room\":\"" + room + "\",\"number\":" + published
                        + ",\"data\":" + LARGE + "}");
        assertThat(answer.getString("type")).isEqualTo("ack");
    }

    private static String hello(JsonObject session, int attempt, String room, JsonObject position) {
        return "{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id") + "\",\"secret\":\""
                + session.getString("secret") + "\",\"attempt\":" + attempt + "},\"rooms\":[{\"room\":\"" + room
                + "\",\"position\":" + position.encode() + "}]}";
    }

    private static long retryAfterMs(TestClient closed) {
        Matcher matcher = RETRY_AFTER.matcher(String.valueOf(closed.closeReason()));
        assertThat(matcher.matches()).as("reason=%s", closed.closeReason()).isTrue();
        return Long.parseLong(matcher.group(1));
    }

    /** Reads what is on its way, up to the close. */
    private static MemberView readToClose(TestClient client, String room, JsonObject start) {
        client.resume();
        assertThat(client.awaitClose()).isEqualTo(4002);
        return MemberView.of(client, room, start);
    }

    @Test
    @Spec({"FL-7", "CL-7", "RM-22"})
    void closesWhoTakesNothingForTheGraceAndReplaysItLessEachTime() {
        String room = "close/1";
        TestClient first = cluster.connect(0);
        JsonObject welcome = first.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"" + room + "\"}]}");
        JsonObject session = welcome.getJsonObject("session");
        JsonObject start = welcome.getJsonArray("rooms").getJsonObject(0).getJsonObject("position");
        first.pause();
        publishUntil(room, CLOSED, 1);
        MemberView untilFirst = readToClose(first, room, start);

        assertThat(untilFirst.gaps()).isEmpty();
        assertThat(untilFirst.end()).isBetween(1L, published - 4L);
        assertThat(retryAfterMs(first)).isBetween(750L, 1_250L);

        TestClient second = cluster.connect(0);
        MemberView resumed = resume(second, session, 2, room, untilFirst);
        assertThat(resumed.gaps().get(0)).isEqualTo("limit " + (untilFirst.end() + 1) + ".." + (published - 4));
        assertThat(resumed.offsets()).hasSize(4);

        second.pause();
        publishUntil(room, CLOSED, 2);
        MemberView untilSecond = readToClose(second, room, untilFirst.position());

        assertThat(untilSecond.end()).isLessThan(published);
        assertThat(retryAfterMs(second)).isBetween(1_500L, 2_500L);

        TestClient third = cluster.connect(0);
        MemberView again = resume(third, session, 3, room, untilSecond);
        assertThat(again.gaps().get(0)).isEqualTo("limit " + (untilSecond.end() + 1) + ".." + (published - 2));
        assertThat(again.offsets()).hasSize(2);
        assertThat(cluster.metric(0, CLOSED)).as("closes counted").isEqualTo(2);
    }

    private MemberView resume(TestClient client, JsonObject session, int attempt, String room, MemberView before) {
        JsonObject welcome = client.hello(hello(session, attempt, room, before.position()));
        JsonObject joined = welcome.getJsonArray("rooms").getJsonObject(0);
        assertThat(welcome.getJsonObject("session").getBoolean("resumed")).isTrue();
        assertThat(joined.getString("outcome")).isEqualTo("gap");
        MemberView.awaitEnd(client, room, before.position(), published);
        return MemberView.of(client, room, before.position());
    }

    @Test
    @Spec({"FL-7", "RM-22"})
    void bringsWhoTakesNothingToTheHeadWhereThePolicySaysSkip() {
        String room = "skip/1";
        TestClient stuck = cluster.connect(0);
        JsonObject welcome = stuck.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"" + room + "\"}]}");
        JsonObject start = welcome.getJsonArray("rooms").getJsonObject(0).getJsonObject("position");
        stuck.pause();
        publishUntil(room, SKIPPED, 1);
        long skippedTo = published;

        stuck.resume();
        MemberView.awaitEnd(stuck, room, start, published);
        publish(room);
        MemberView.awaitEnd(stuck, room, start, published);

        MemberView view = MemberView.of(stuck, room, start);
        assertThat(stuck.isOpen()).isTrue();
        assertThat(view.gaps()).hasSize(1);
        assertThat(view.gaps().get(0)).startsWith("limit ");
        assertThat(view.offsets()).endsWith(skippedTo + 1);
        assertThat(view.offsets()).hasSizeLessThan(published);
    }
}
