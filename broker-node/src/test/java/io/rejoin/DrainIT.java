package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A node that leaves: its clients are told when to go, are served until they do, and lose nothing. */
class DrainIT {

    private static final int CLIENTS = 40;
    private static final String API_KEY = "a key of more than sixteen bytes";

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

    @Spec("CL-6")
    @Test
    void leavesWhenABackendAsksItTo() throws Exception {
        try (TestCluster cluster = TestCluster.of(1)
                .with("REJOIN_API_KEY", API_KEY)
                .with("REJOIN_API_HOST", "127.0.0.1")
                .with("REJOIN_API_PORT", "0")
                .with("REJOIN_DRAIN_LINGER", "100ms")
                .start()) {
            TestClient client = cluster.connect(0);
            client.hello();

            assertThat(post(cluster.node(0).apiPort(), "{\"now\":true}")).isEqualTo("400");
            assertThat(post(cluster.node(0).apiPort(), "{}")).isEqualTo("200 {\"clients\":1}");

            goAwayOf(client);
            assertThat(client.awaitClose()).isEqualTo(4000);
        }
    }

    private static String post(int port, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/v1/drain"))
                .header("Authorization", "Bearer " + API_KEY)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() == 200 ? "200 " + answer.body().trim() : String.valueOf(answer.statusCode());
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
