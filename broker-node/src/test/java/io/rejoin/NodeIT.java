package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class NodeIT {

    private static TestCluster cluster;

    @BeforeAll
    static void startNode() {
        cluster = TestCluster.of(1).start();
    }

    @AfterAll
    static void stopNode() {
        cluster.close();
    }

    @Test
    void deliversWhatIsPublished() {
        TestClient alice = cluster.connect(0);
        JsonObject welcome = alice.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"delivers\"}]}");
        TestClient bob = cluster.connect(0);
        bob.hello();

        bob.send(
                "{\"type\":\"publish\",\"ref\":7,\"room\":\"delivers\",\"number\":1,\"first\":1,\"data\":{\"a\":[1]}}");
        JsonObject ack = bob.await("ack");
        JsonObject publication = alice.await("publication");

        assertThat(welcome.getJsonArray("rooms").getJsonObject(0).getString("outcome"))
                .isEqualTo("live");
        assertThat(ack.getInteger("ref")).isEqualTo(7);
        assertThat(ack.getJsonObject("position").getLong("offset")).isEqualTo(1);
        assertThat(publication.getJsonObject("data")).isEqualTo(new JsonObject("{\"a\":[1]}"));
        assertThat(publication.getLong("offset")).isEqualTo(1);
    }
}
