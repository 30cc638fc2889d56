package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HandshakeIT {

    private final TransportFixture fixture = TransportFixture.start(TransportFixture.config());

    @AfterEach
    void close() {
        fixture.close();
    }

    @Test
    @Spec("HS-1")
    void namesTheSubprotocolThatWasOffered() throws Exception {
        try (RawClient client = RawClient.open(fixture.server.port())) {
            String head = client.upgrade("Sec-WebSocket-Protocol: other, rejoin.v1.json");

            assertThat(head.toLowerCase(Locale.ROOT)).contains("sec-websocket-protocol: rejoin.v1.json\r\n");
            fixture.peer(0);
        }
    }

    @Test
    void namesTheSubprotocolThatWasOfferedInAnotherLine() throws Exception {
        try (RawClient client = RawClient.open(fixture.server.port())) {
            String head = client.upgrade("Sec-WebSocket-Protocol: other", "Sec-WebSocket-Protocol: rejoin.v1.json");

            assertThat(head.toLowerCase(Locale.ROOT)).containsOnlyOnce("sec-websocket-protocol: rejoin.v1.json\r\n");
        }
    }

    @Test
    @Spec("HS-2")
    void acceptsAnUpgradeWithoutSubprotocol() throws Exception {
        try (RawClient client = RawClient.open(fixture.server.port())) {
            String head = client.upgrade();

            assertThat(head.toLowerCase(Locale.ROOT))
                    .contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=")
                    .doesNotContain("sec-websocket-protocol");
        }
    }

    @Test
    void negotiatesNoCompression() throws Exception {
        try (RawClient client = RawClient.open(fixture.server.port())) {
            String head = client.upgrade("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits");

            assertThat(head.toLowerCase(Locale.ROOT)).doesNotContain("extensions");
        }
    }

    @Test
    void ignoresTheQuery() throws Exception {
        try (RawClient client = RawClient.open(fixture.server.port())) {
            String head = client.request(RawClient.upgradeRequest().replace("/v1/connect", "/v1/connect?a=b"));

            assertThat(head).startsWith("HTTP/1.1 101 ");
        }
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
                    /v1/connect                    | /v2/connect                       | 404
                    /v1/connect                    | /                                 | 404
                    GET                            | POST                              | 426
                    HTTP/1.1                       | HTTP/1.0                          | 426
                    Upgrade: websocket             | Upgrade: h2c                      | 426
                    keep-alive, Upgrade            | keep-alive                        | 426
                    Version: 13                    | Version: 8                        | 426
                    Version: 13                    | Version: 13~Sec-WebSocket-Protocol: mqtt, amqp | 400
                    Host: node                     | X-Host: node                      | 400
                    Host: node                     | Host: node~Content-Length: 1    | 400
                    GET /v1/connect                | GET /v1/connect?token=x           | 400
                    GET /v1/connect                | GET /v1/connect?access_token=x    | 400
                    dGhlIHNhbXBsZSBub25jZQ==       | short                             | 400
                    """, delimiter = '|')
    @Spec({"HS-3", "HS-4", "HS-18"})
    void refusesOtherRequests(String instead, String of, int status) throws Exception {
        try (RawClient client = RawClient.open(fixture.server.port())) {
            String head = client.request(RawClient.upgradeRequest().replace(instead, of.replace("~", "\n")));

            assertThat(head).contains(" " + status + " ");
            client.awaitEnd();
            assertThat(fixture.metrics.refused).containsExactly(status);
            assertThat(fixture.metrics.opened).hasValue(0);
        }
    }

    @Test
    void tellsHowToUpgrade() throws Exception {
        try (RawClient client = RawClient.open(fixture.server.port())) {
            String head = client.request("GET /v1/connect HTTP/1.1\nHost: node\n");

            assertThat(head.toLowerCase(Locale.ROOT))
                    .startsWith("http/1.1 426 ")
                    .contains("upgrade: websocket\r\n", "sec-websocket-version: 13\r\n");
        }
    }

    @Test
    @Spec("HS-5")
    void refusesWithRetryAfterWhileNotReady() throws Exception {
        fixture.ready = false;
        try (RawClient client = RawClient.open(fixture.server.port())) {
            String head = client.request(RawClient.upgradeRequest());

            assertThat(head.toLowerCase(Locale.ROOT))
                    .startsWith("http/1.1 503 ")
                    .contains("retry-after: 1\r\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GET /v1/connect HTTP/1.1\r\nHost: no", "GET / HTTP/1.1\r\nHost: node\r\n"})
    void cutsOffASlowHandshake(String begin) throws Exception {
        TransportConfig impatient = TransportFixture.withTimeouts(Duration.ofMillis(200), Duration.ofSeconds(20));
        try (TransportFixture hasty = TransportFixture.start(impatient);
                RawClient client = RawClient.open(hasty.server.port())) {
            client.sendRaw(begin.getBytes(StandardCharsets.ISO_8859_1));

            client.awaitEnd();

            assertThat(hasty.metrics.opened).hasValue(0);
        }
    }

    @Test
    void keepsAWebSocketBeyondTheHandshakeTimeout() throws Exception {
        TransportConfig impatient = TransportFixture.withTimeouts(Duration.ofMillis(100), Duration.ofSeconds(20));
        try (TransportFixture hasty = TransportFixture.start(impatient);
                RawClient client = hasty.connect();
                RawClient idle = RawClient.open(hasty.server.port())) {
            // Opened later than the client, and so cut off later than the client would be.
            idle.awaitEnd();

            client.send(RawClient.TEXT, "still here");
            hasty.peer(0).awaitMessages("still here");
        }
    }
}
