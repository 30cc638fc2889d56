package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.Spec;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

final class EdgeIT {

    private static EdgeConfig perAddress(int connections, int handshakes) {
        return new EdgeConfig(Origins.ANY, false, List.of(Cidr.parse("127.0.0.1")), connections, handshakes);
    }

    private static String from(String address) {
        return RawClient.upgradeRequest() + "X-Forwarded-For: " + address + "\n";
    }

    /** The header that a proxy puts in front of what a client sends. */
    private static byte[] proxyHeader(String source) {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.writeBytes(HexFormat.of().parseHex("0d0a0d0a000d0a515549540a" + "21" + "11" + "000c"));
        for (String part : source.split("\\.", -1)) {
            header.write(Integer.parseInt(part));
        }
        header.writeBytes(HexFormat.of().parseHex("7f000001" + "d903" + "1f90"));
        return header.toByteArray();
    }

    @Test
    @Spec("HS-17")
    void closesAWebSocketOfAnotherOriginAtOnceAndLeavesOthersAlone() throws Exception {
        EdgeConfig edge = new EdgeConfig(Origins.of(List.of("https://app.example.org")), false, List.of(), 0, 0);
        try (TransportFixture fixture = TransportFixture.start(edge);
                RawClient page = RawClient.open(fixture.server.port());
                RawClient other = RawClient.open(fixture.server.port());
                RawClient program = fixture.connect()) {
            page.upgrade("Origin: https://app.example.org", "Sec-WebSocket-Protocol: rejoin.v1.json");
            String head = other.upgrade("Origin: https://evil.example", "Sec-WebSocket-Protocol: rejoin.v1.json");

            assertThat(head.toLowerCase(Locale.ROOT)).contains("sec-websocket-protocol: rejoin.v1.json\r\n");
            assertThat(other.readClose(4502)).isEqualTo("origin is not allowed");
            other.sendClose(4502);
            other.awaitEnd();
            Await.until(
                    () -> List.copyOf(fixture.metrics.closed).equals(List.of(4502)),
                    () -> "closed=" + fixture.metrics.closed);
            page.send(RawClient.TEXT, "page");
            program.send(RawClient.TEXT, "program");
            fixture.peer(0).awaitMessages("program");
            fixture.peer(1).awaitMessages("page");
            assertThat(fixture.peers).hasSize(2);
        }
    }

    @Test
    void readsNothingOfAWebSocketOfAnotherOrigin() throws Exception {
        EdgeConfig edge = new EdgeConfig(Origins.NONE, false, List.of(), 0, 0);
        try (TransportFixture fixture = TransportFixture.start(edge);
                RawClient page = RawClient.open(fixture.server.port())) {
            page.upgrade("Origin: https://evil.example");
            page.send(RawClient.TEXT, "hello");
            page.send(RawClient.PING, "");

            page.readClose(4502);
            page.end();

            Await.until(() -> fixture.metrics.closed.size() == 1, () -> "closed=" + fixture.metrics.closed);
            assertThat(fixture.metrics.received).hasValue(0);
            assertThat(fixture.peers).isEmpty();
        }
    }

    @Test
    void closesTheConnectionThatIsOneTooManyOfItsAddress() throws Exception {
        try (TransportFixture fixture = TransportFixture.start(perAddress(1, 0));
                RawClient first = RawClient.open(fixture.server.port());
                RawClient second = RawClient.open(fixture.server.port());
                RawClient elsewhere = RawClient.open(fixture.server.port())) {
            assertThat(first.request(from("198.51.100.1"))).startsWith("HTTP/1.1 101 ");
            fixture.peer(0);
            assertThat(second.request(from("198.51.100.1"))).startsWith("HTTP/1.1 101 ");
            assertThat(second.readClose(4004)).matches("retry-after=\\d+");
            assertThat(elsewhere.request(from("198.51.100.2"))).startsWith("HTTP/1.1 101 ");
            fixture.peer(1);

            first.end();
            fixture.peer(0).awaitClosed(1006);
            try (RawClient third = RawClient.open(fixture.server.port())) {
                assertThat(third.request(from("198.51.100.1"))).startsWith("HTTP/1.1 101 ");
                third.send(RawClient.TEXT, "let in");
                fixture.peer(2).awaitMessages("let in");
            }
        }
    }

    @Test
    void answersSoManyRequestsOfAnAddress() throws Exception {
        try (TransportFixture fixture = TransportFixture.start(perAddress(0, 1));
                RawClient first = RawClient.open(fixture.server.port());
                RawClient second = RawClient.open(fixture.server.port());
                RawClient elsewhere = RawClient.open(fixture.server.port())) {
            assertThat(first.request(from("198.51.100.1"))).startsWith("HTTP/1.1 101 ");
            String head = second.request(from("203.0.113.9, 198.51.100.1"));
            assertThat(elsewhere.request(from("198.51.100.2"))).startsWith("HTTP/1.1 101 ");

            assertThat(head.toLowerCase(Locale.ROOT))
                    .startsWith("http/1.1 503 ")
                    .containsPattern("retry-after: \\d+\r\n");
        }
    }

    @Test
    void takesTheAddressOfTheProxyProtocol() throws Exception {
        EdgeConfig edge = new EdgeConfig(Origins.ANY, true, List.of(), 1, 0);
        try (TransportFixture fixture = TransportFixture.start(edge);
                RawClient first = RawClient.open(fixture.server.port());
                RawClient second = RawClient.open(fixture.server.port());
                RawClient elsewhere = RawClient.open(fixture.server.port())) {
            first.sendRaw(proxyHeader("198.51.100.1"));
            first.upgrade();
            fixture.peer(0);
            second.sendRaw(proxyHeader("198.51.100.1"));
            second.upgrade();
            elsewhere.sendRaw(proxyHeader("198.51.100.2"));
            elsewhere.upgrade();

            second.readClose(4004);
            elsewhere.send(RawClient.TEXT, "other");
            fixture.peer(1).awaitMessages("other");
        }
    }

    @Test
    void cutsOffWhoeverComesWithoutTheHeaderOfTheProxy() throws Exception {
        EdgeConfig edge = new EdgeConfig(Origins.ANY, true, List.of(), 0, 0);
        try (TransportFixture fixture = TransportFixture.start(edge);
                RawClient client = RawClient.open(fixture.server.port())) {
            client.sendRaw(RawClient.upgradeRequest().replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));

            client.awaitEnd();

            assertThat(fixture.metrics.opened).hasValue(0);
        }
    }
}
