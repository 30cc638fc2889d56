package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import io.rejoin.testing.TestClient;
import io.rejoin.testing.TestCluster;
import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

/** A connection that reaches its age: the client is told, resumes on a new one, and loses nothing. */
class LifetimeIT {

    @Spec("CL-8")
    @Test
    void tellsTheClientServesItUntilTheDeadlineAndLetsItResume() {
        try (TestCluster cluster =
                TestCluster.of(1).with("REJOIN_CLIENT_MAX_LIFETIME", "2s").start()) {
            TestClient old = cluster.connect(0);
            JsonObject session = old.hello("{\"type\":\"hello\",\"rooms\":[{\"room\":\"lobby\"}]}")
                    .getJsonObject("session");

            JsonObject told = old.await("goaway");
            assertThat(told.getString("reason")).isEqualTo("max-lifetime");
            old.send("{\"type\":\"publish\",\"room\":\"lobby\",\"number\":1,\"first\":1,\"data\":\"still served\"}");
            old.await("ack");
            assertThat(old.awaitClose()).isEqualTo(4000);

            JsonObject welcome = cluster.connect(0)
                    .hello("{\"type\":\"hello\",\"session\":{\"id\":\"" + session.getString("id") + "\",\"secret\":\""
                            + session.getString("secret") + "\",\"attempt\":2}}");
            assertThat(welcome.getJsonObject("session").getBoolean("resumed")).isTrue();
        }
    }
}
