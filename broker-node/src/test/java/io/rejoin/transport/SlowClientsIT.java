package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Clients that begin and do not go on, or send more than a beginning needs; another client is always served. */
final class SlowClientsIT {

    private static final Duration SOON = Duration.ofMillis(200);
    private static final int LOOPS = 1;

    private final ScheduledExecutorService dribbler = Executors.newSingleThreadScheduledExecutor();
    private @Nullable ScheduledFuture<?> dribbling;

    @AfterEach
    void stopDribbling() {
        if (dribbling != null) {
            dribbling.cancel(true);
        }
        dribbler.shutdownNow();
    }

    private static TransportFixture hasty(EdgeConfig edge) {
        return TransportFixture.start(TransportFixture.withTimeouts(SOON, Duration.ofSeconds(20)), edge);
    }

    /** Sends the bytes one by one, over and over, for as long as the socket takes them. */
    private void dribble(RawClient client, byte[] bytes) {
        int[] next = {0};
        dribbling = dribbler.scheduleWithFixedDelay(
                () -> {
                    try {
                        client.sendRaw(new byte[] {bytes[next[0]++ % bytes.length]});
                    } catch (IOException ended) {
                        // Only a task that throws is not run again.
                        throw new IllegalStateException(ended);
                    }
                },
                0,
                5,
                TimeUnit.MILLISECONDS);
    }

    private static void assertServed(TransportFixture fixture, RawClient client, int peer) throws IOException {
        client.send(RawClient.TEXT, "served");
        fixture.peer(peer).awaitMessages("served");
    }

    @Test
    @Spec("HS-20")
    void cutsOffAHandshakeThatTricklesInAndServesAnotherClient() throws Exception {
        try (TransportFixture fixture = hasty(EdgeConfig.OPEN);
                RawClient slow = RawClient.open(fixture.server.port())) {
            slow.sendRaw("GET /v1/connect HTTP/1.1\r\nHost: node\r\n".getBytes(StandardCharsets.US_ASCII));
            dribble(slow, "X-More: more\r\n".getBytes(StandardCharsets.US_ASCII));
            try (RawClient other = fixture.connect()) {
                assertServed(fixture, other, 0);

                slow.awaitEnd();

                assertThat(fixture.metrics.cutOff).containsExactly("timeout");
                assertThat(fixture.metrics.opened).hasValue(1);
            }
        }
    }

    @Test
    @Spec("HS-20")
    void cutsOffTheOldestOfTooManyHandshakes() throws Exception {
        try (TransportFixture fixture = TransportFixture.start(TransportFixture.withHandshakes(10), LOOPS, true)) {
            List<RawClient> idle = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                idle.add(RawClient.open(fixture.server.port()));
            }

            Await.until(() -> fixture.metrics.cutOff.size() == 30, () -> "cut off=" + fixture.metrics.cutOff.size());

            assertThat(fixture.metrics.cutOff).containsOnly("crowded");
            for (RawClient old : idle.subList(0, 30)) {
                old.awaitEnd();
            }
            try (RawClient other = fixture.connect()) {
                assertServed(fixture, other, 0);
            }
            for (RawClient client : idle) {
                client.close();
            }
        }
    }

    @Test
    @Spec("HS-20")
    void refusesARequestWithALongHead() throws Exception {
        try (TransportFixture fixture = TransportFixture.start(EdgeConfig.OPEN);
                RawClient headers = RawClient.open(fixture.server.port());
                RawClient line = RawClient.open(fixture.server.port())) {
            assertThat(headers.request(RawClient.upgradeRequest() + "Cookie: " + "x".repeat(17 << 10) + "\n"))
                    .contains(" 431 ");
            headers.awaitEnd();
            assertThat(line.request(
                            RawClient.upgradeRequest().replace("/v1/connect", "/v1/connect?" + "x".repeat(5 << 10))))
                    .contains(" 414 ");
            line.awaitEnd();

            // Each by the loop of its connection, so in any order.
            Await.until(() -> fixture.metrics.refused.size() == 2, () -> "refused=" + fixture.metrics.refused);
            assertThat(fixture.metrics.refused).containsExactlyInAnyOrder(431, 414);
            try (RawClient cookies = RawClient.open(fixture.server.port())) {
                cookies.upgrade("Cookie: " + "x".repeat(12 << 10));
                assertServed(fixture, cookies, 0);
            }
        }
    }

    @Test
    @Spec("FL-2")
    void closesAClientWhoseFrameTricklesIn() throws Exception {
        TransportConfig fast = TransportFixture.withHeartbeat(Duration.ofMillis(50), SOON);
        try (TransportFixture fixture = TransportFixture.start(fast, LOOPS, true);
                RawClient slow = fixture.connect()) {
            slow.sendRaw(new byte[] {(byte) RawClient.TEXT, (byte) (0x80 | 126), 4, 0, 1, 2, 3, 4});
            dribble(slow, "x".getBytes(StandardCharsets.US_ASCII));

            assertThat(slow.readClose(4001)).isEqualTo("heartbeat-timeout");

            assertThat(fixture.peer(0).messages).isEmpty();
        }
    }

    @Test
    @Spec("FL-2")
    void closesAClientWhoseMessageStaysUnfinishedWhateverElseItSends() throws Exception {
        TransportConfig fast = TransportFixture.withHeartbeat(Duration.ofMillis(50), SOON);
        try (TransportFixture fixture = TransportFixture.start(fast, LOOPS, true);
                RawClient slow = fixture.connect()) {
            slow.send(RawClient.TEXT_BEGIN, "half a ");

            RawClient.Frame answer;
            do {
                slow.send(RawClient.PING, "");
                answer = slow.read();
            } while (answer.first() == RawClient.PONG);

            assertThat(answer.first()).isEqualTo(RawClient.CLOSE);
            assertThat(answer.closeCode()).isEqualTo(4001);
            assertThat(fixture.peer(0).messages).isEmpty();
            assertThat(fixture.peer(0).parts).hasSizeGreaterThan(1);
        }
    }

    @Test
    @Spec("FR-8")
    void closesOnAMessageOfTooManyFragments() throws Exception {
        try (TransportFixture fixture = TransportFixture.start(EdgeConfig.OPEN);
                RawClient many = fixture.connect()) {
            many.send(RawClient.TEXT_BEGIN, "x");
            for (int i = 2; i <= 1024; i++) {
                many.send(i == 1024 ? RawClient.CONTINUATION_END : RawClient.CONTINUATION, "");
            }
            fixture.peer(0).awaitMessages("x");

            many.send(RawClient.TEXT_BEGIN, "x");
            for (int i = 2; i <= 1025; i++) {
                many.send(RawClient.CONTINUATION, "");
            }

            assertThat(many.readClose(1009)).isEqualTo("message of more than 1024 fragments");
        }
    }
}
