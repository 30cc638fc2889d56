package io.rejoin.protocolit;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Liveness, members that do not read, and sessions that outlive their connections, on one node with a fast clock. */
final class FlowProtocolIT {

    private static final int LARGE = 60_000;
    private static final int PUBLICATIONS = 300;

    /** Half of what the log keeps: a member that lags less is never told of a gap, however slow the machine. */
    private static final int KEPT_UP_WITHIN = 8;

    private static TestCluster cluster;

    @BeforeAll
    static void startNode() {
        cluster = TestCluster.of(1)
                .with("REJOIN_HEARTBEAT_INTERVAL", "100ms")
                .with("REJOIN_HEARTBEAT_TIMEOUT", "10m")
                .with("REJOIN_SESSION_WINDOW", "2s")
                .with("REJOIN_ROOM_HISTORY_BYTES", "1MiB")
                // Who reads nothing for long is to be neither closed nor skipped, however long it takes.
                .with("REJOIN_ROOM_SLOW_CONSUMER_GRACE", "10m")
                .start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    private static String hello(JsonObject welcome, int attempt) {
        JsonObject session = welcome.getJsonObject("session");
        return "{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id") + "\",\"secret\":\""
                + session.getString("secret") + "\",\"attempt\":" + attempt + "}}";
    }

    private static boolean resumes(JsonObject welcome, int attempt) {
        TestClient client = cluster.connect(0);
        boolean resumed =
                client.hello(hello(welcome, attempt)).getJsonObject("session").getBoolean("resumed");
        client.close();
        return resumed;
    }

    @Test
    @Spec("FL-1")
    void pingsEveryIntervalWhateverElseIsSent() {
        TestClient client = cluster.connect(0);
        client.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"fl1\"}]}");
        List<Long> times = new ArrayList<>();

        for (int i = 1; i <= 5; i++) {
            client.send("{\"type\":\"publish\",\"room\":\"fl1\",\"number\":" + i + ",\"data\":1}");
            times.add(client.await("ping").getLong("time"));
        }

        assertThat(times).isSorted().doesNotHaveDuplicates();
        assertThat(times.get(4) - times.get(0)).isBetween(300L, 20_000L);
        assertThat(client.publications("fl1")).isNotEmpty();
    }

    @Test
    @Spec({"FL-4", "RM-12"})
    void aMemberThatReadsNothingForLongHarmsNobodyAndIsToldWhatItMissed() {
        TestClient stuck = cluster.connect(0);
        stuck.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"fl4\"}]}");
        TestClient healthy = cluster.connect(0);
        healthy.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"fl4\"}]}");
        String data = "\"" + "x".repeat(LARGE) + "\"";
        stuck.pause();

        for (int number = 1; number <= PUBLICATIONS; number++) {
            healthy.send("{\"type\":\"publish\",\"room\":\"fl4\",\"number\":" + number + ",\"data\":" + data + "}");
            awaitReceived(healthy, "fl4", number - KEPT_UP_WITHIN);
        }
        awaitReceived(healthy, "fl4", PUBLICATIONS);
        stuck.resume();
        Await.until(
                () -> accountedFor(stuck, "fl4") == PUBLICATIONS,
                () -> "accounted for=" + accountedFor(stuck, "fl4") + " open=" + stuck.isOpen());

        assertThat(gaps(stuck).stream().map(frame -> frame.getString("reason")))
                .isNotEmpty()
                .containsOnly("retention");
        assertThat(stuck.publications("fl4")).hasSizeLessThan(PUBLICATIONS);
        assertThat(gaps(healthy)).isEmpty();
    }

    private static void awaitReceived(TestClient client, String room, int count) {
        Await.until(
                () -> client.publications(room).size() >= count,
                () -> "publications=" + client.publications(room).size() + " of " + count + " gaps=" + gaps(client)
                        + " open=" + client.isOpen());
    }

    private static List<JsonObject> gaps(TestClient client) {
        return client.frames().stream()
                .filter(frame -> "gap".equals(frame.getString("type")))
                .toList();
    }

    /** The last offset that was received or announced as missing; fails when something was left out silently. */
    private static long accountedFor(TestClient client, String room) {
        long offset = 0;
        for (JsonObject frame : client.frames()) {
            if (!room.equals(frame.getString("room"))) {
                continue;
            }
            if ("gap".equals(frame.getString("type"))) {
                assertThat(frame.getLong("from")).isEqualTo(offset + 1);
                assertThat(frame.getLong("to"))
                        .isEqualTo(frame.getJsonObject("position").getLong("offset"));
                offset = frame.getLong("to");
            } else if ("publication".equals(frame.getString("type"))) {
                assertThat(frame.getLong("offset")).isEqualTo(offset + 1);
                offset++;
            }
        }
        return offset;
    }

    @Test
    @Spec("SE-11")
    void keepsTheRecordOfAQuietConnectionWhileThoseOfEndedOnesExpire() {
        TestClient quiet = cluster.connect(0);
        JsonObject connected = quiet.hello();
        List<JsonObject> ended = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            TestClient client = cluster.connect(0);
            ended.add(client.hello());
            client.close();
        }

        // Each is asked for once, because the question itself would keep a record alive; pings are the clock.
        boolean resumed = true;
        while (resumed) {
            quiet.await("ping");
            assertThat(ended).as("sessions that have not expired yet").isNotEmpty();
            resumed = resumes(ended.remove(ended.size() - 1), 2);
        }

        assertThat(quiet.isOpen()).isTrue();
        assertThat(resumes(connected, 2)).isTrue();
    }
}
