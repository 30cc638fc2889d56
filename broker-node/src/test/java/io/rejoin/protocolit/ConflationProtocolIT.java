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
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The newest value of each key, over real sockets, on one node. */
final class ConflationProtocolIT {

    /** Nothing that a test publishes is let go, so every gap is one of conflation. */
    private static final String NAMESPACES = """
            rooms:
              "prices/": {class: conflated, history-bytes: 1GiB, slow-consumer-grace: 10m}
              "ticks/": {class: conflated, conflation-interval: 250ms}
            """;

    private static final long INTERVAL_MS = 250;
    private static final int KEYS = 10;
    private static final String LARGE = "\"" + "x".repeat(30_000) + "\"";

    private static TestCluster cluster;

    @BeforeAll
    static void startNode(@TempDir Path directory) throws IOException {
        Path file = Files.writeString(directory.resolve("rejoin.yaml"), NAMESPACES);
        // Who reads nothing answers no ping.
        cluster = TestCluster.of(1)
                .withFile(file)
                .with("REJOIN_HEARTBEAT_TIMEOUT", "10m")
                .start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    private final TestClient publisher = client();
    private int published;

    private static TestClient client() {
        TestClient client = cluster.connect(0);
        client.hello();
        return client;
    }

    private void publish(String room, String key, String data) {
        published++;
        String keyMember = key.isEmpty() ? "" : ",\"key\":\"" + key + "\"";
        JsonObject answer = publisher.ask(
                published,
                "{\"type\":\"publish\",\"ref\":" + published + ",\"room\":\"" + room + "\",\"number\":" + published
                        + keyMember + ",\"data\":" + data + "}");
        assertThat(answer.getString("type")).isEqualTo("ack");
    }

    private JsonObject join(TestClient by, String room, String rest) {
        JsonObject joined =
                by.ask(1_000_000, "{\"type\":\"join\",\"ref\":1000000,\"room\":\"" + room + "\"" + rest + "}");
        assertThat(joined.getString("type")).isEqualTo("joined");
        return joined.getJsonObject("position");
    }

    @Test
    @Spec("RM-23")
    void beginsWithTheNewestValueOfEachKeyForWhoAsksForLatestAndGoesOnLive() {
        String room = "plain/1";
        for (String key : new String[] {"a", "b", "a", "", "b", "a"}) {
            publish(room, key, "\"" + key + published + "\"");
        }

        TestClient member = client();
        JsonObject start = join(member, room, ",\"delivery\":\"latest\"");
        MemberView.awaitEnd(member, room, start, 6);
        publish(room, "a", "1");
        MemberView.awaitEnd(member, room, start, 7);
        publish(room, "a", "2");
        MemberView.awaitEnd(member, room, start, 8);

        MemberView view = MemberView.of(member, room, start);
        assertThat(view.gaps()).containsExactly("conflated 1..3");
        assertThat(view.offsets()).containsExactly(4L, 5L, 6L, 7L, 8L);
    }

    @Test
    @Spec("RM-24")
    void leavesOutOnlyWhatNewerValuesOfItsKeyFollowForAMemberThatLags() {
        String room = "prices/1";
        TestClient lagging = client();
        JsonObject start = join(lagging, room, "");
        lagging.pause();
        // Until far more waits than the kernel holds for a socket: then its values have to be left out.
        long far = cluster.metric(0, "rejoin_lags_total") + 1;
        while (cluster.metric(0, "rejoin_lags_total") < far || published < 600) {
            publish(room, "k" + published % KEYS, LARGE);
        }
        publish(room, "", LARGE);

        lagging.resume();
        MemberView.awaitEnd(lagging, room, start, published);

        MemberView view = MemberView.of(lagging, room, start);
        assertThat(view.gaps()).isNotEmpty().allSatisfy(gap -> assertThat(gap).startsWith("conflated "));
        assertThat(view.offsets()).hasSizeLessThan(published).endsWith((long) published);
        for (int key = 0; key < KEYS; key++) {
            JsonObject newest = view.newest("k" + key);
            assertThat(newest)
                    .as("newest value of k%d in %s", key, view.offsets())
                    .isNotNull();
            assertThat(newest.getLong("offset")).isBetween((long) published - KEYS, (long) published - 1);
        }
        assertThat(lagging.isOpen()).isTrue();
    }

    @Test
    @Spec("RM-25")
    void deliversOnceInAnIntervalWhereThePolicyHasOne() {
        String room = "ticks/1";
        TestClient member = client();
        JsonObject start = join(member, room, "");
        long begin = System.nanoTime();
        for (int i = 0; i < 200; i++) {
            publish(room, "rate", "1");
        }
        MemberView.awaitEnd(member, room, start, published);
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);

        MemberView view = MemberView.of(member, room, start);
        assertThat(view.offsets()).endsWith(200L);
        assertThat(view.publications()).hasSizeLessThanOrEqualTo((int) (tookMs / INTERVAL_MS) + 2);
    }
}
