package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A node that leaves: its clients are told when to go, are served until they do, and lose nothing. */
class DrainIT {

    private static final int CLIENTS = 40;

    private static JsonObject goAwayOf(TestClient client) {
        return client.await("goaway");
    }

    @Spec("CL-6")
    @Test
    void tellsEachClientItsOwnTimeAndServesItUntilItHasMoved() {
        try (TestCluster cluster = TestCluster.of(2)
                .with("REJOIN_DRAIN_RATE", "20")
                .with("REJOIN_DRAIN_LINGER", "4s")
                .start()) {
            List<TestClient> clients = IntStream.range(0, CLIENTS)
                    .mapToObj(index -> cluster.connect(0))
                    .toList();
            clients.forEach(client -> client.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"lobby\"}]}"));
            TestClient publisher = cluster.connect(1);
            publisher.hello("{\"type\":\"hello\"}");

            Thread leaving = cluster.beginStop(0);
            Set<Long> times = new HashSet<>();
            for (TestClient client : clients) {
                JsonObject told = goAwayOf(client);
                times.add(told.getLong("after"));
                assertThat(told.getLong("deadline")).isGreaterThan(told.getLong("after"));
                assertThat(told.getString("reason")).isEqualTo("restart");
            }
            assertThat(times).hasSizeGreaterThan(CLIENTS / 2);
            publisher.send(
                    "{\"type\":\"publish\",\"room\":\"lobby\",\"number\":1,\"first\":1,\"data\":\"while leaving\"}");
            for (TestClient client : clients) {
                client.await(frame -> "while leaving".equals(frame.getValue("data")), "publication while leaving");
                client.close();
            }

            Await.until(() -> !leaving.isAlive(), () -> "node 0 has not left although all its clients have");
        }
    }

    @Spec({"CL-4", "CL-6"})
    @Test
    void closesWhoIsLeftAtTheDeadline() {
        try (TestCluster cluster =
                TestCluster.of(1).with("REJOIN_DRAIN_LINGER", "100ms").start()) {
            TestClient deaf = cluster.connect(0);
            deaf.hello("{\"type\":\"hello\"}");

            Thread leaving = cluster.beginStop(0);
            goAwayOf(deaf);

            assertThat(deaf.awaitClose()).isEqualTo(4000);
            Await.until(() -> !leaving.isAlive(), () -> "node 0 has not left");
        }
    }
}
