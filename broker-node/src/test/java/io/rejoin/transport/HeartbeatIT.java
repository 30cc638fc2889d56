package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class HeartbeatIT {

    @Test
    @Spec({"FL-1", "HS-10"})
    void pingsOnceTheClientWasGreetedAndMeasuresTheRoundTrip() throws Exception {
        TransportConfig fast = TransportFixture.withHeartbeat(Duration.ofMillis(50), Duration.ofSeconds(20));
        try (TransportFixture fixture = TransportFixture.start(fast);
                RawClient client = fixture.connect()) {
            fixture.onMessage = peer ->
                    peer.connection.onPong(Long.parseLong(peer.messages.peek().replaceAll("\\D", "")));
            fixture.peer(0).onLoop(connection -> connection.send(TransportFixture.frame("{\"type\":\"welcome\"}")));

            assertThat(client.read().text()).isEqualTo("{\"type\":\"welcome\"}");
            String ping = client.read().text();
            assertThat(ping).matches("\\{\"type\":\"ping\",\"time\":\\d+}");
            client.send(RawClient.TEXT, ping.replace("ping", "pong"));

            Await.until(() -> fixture.metrics.roundTrips.size() == 1, () -> "trips=" + fixture.metrics.roundTrips);
        }
    }

    @Test
    @Spec("FL-13")
    void pingsAtTheIntervalThatTheConnectionWasGiven() throws Exception {
        TransportConfig slow = TransportFixture.withHeartbeat(Duration.ofSeconds(19), Duration.ofSeconds(20));
        try (TransportFixture fixture = TransportFixture.start(slow);
                RawClient client = fixture.connect()) {
            fixture.peer(0).onLoop(connection -> {
                connection.send(TransportFixture.frame("{\"type\":\"welcome\"}"));
                connection.pingEvery(Duration.ofMillis(50));
            });

            assertThat(client.read().text()).isEqualTo("{\"type\":\"welcome\"}");
            assertThat(client.read().text()).matches("\\{\"type\":\"ping\",\"time\":\\d+}");
            assertThat(client.read().text()).matches("\\{\"type\":\"ping\",\"time\":\\d+}");
        }
    }

    @Test
    @Spec("FL-2")
    void closesAClientThatFallsSilent() throws Exception {
        TransportConfig fast = TransportFixture.withHeartbeat(Duration.ofMillis(50), Duration.ofMillis(100));
        try (TransportFixture fixture = TransportFixture.start(fast);
                RawClient client = fixture.connect()) {
            assertThat(client.readClose(4001)).isEqualTo("heartbeat-timeout");

            client.sendClose(4001);
            client.awaitEnd();
            fixture.peer(0).awaitClosed(4001);
        }
    }

    @Test
    void keepsAClientThatAnswers() throws Exception {
        TransportConfig fast = TransportFixture.withHeartbeat(Duration.ofMillis(100), Duration.ofMillis(400));
        try (TransportFixture fixture = TransportFixture.start(fast);
                RawClient client = fixture.connect()) {
            fixture.peer(0).onLoop(connection -> connection.send(TransportFixture.frame("{\"type\":\"welcome\"}")));
            client.read();

            for (int i = 0; i < 10; i++) {
                client.send(RawClient.TEXT, client.read().text());
            }

            assertThat(fixture.peer(0).closes).isEmpty();
        }
    }
}
