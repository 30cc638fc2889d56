package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.rejoin.testing.FreePorts;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom a node takes for its client behind real proxies, which run the snippets of docs/operations.md. */
final class ProxiedAddressIT {

    private static final Path HAPROXY = Path.of("/usr/sbin/haproxy");
    private static final Path NGINX = Path.of("/usr/sbin/nginx");
    private static final Duration INTERVAL = Duration.ofMillis(300);

    @TempDir
    private Path directory;

    private final int port = FreePorts.reserve(1).get(0);

    private static String snippet(Pattern pattern) throws IOException {
        Path page = Path.of("docs/operations.md");
        Matcher found = pattern.matcher(
                Files.readString(Files.exists(page) ? page : Path.of("..").resolve(page)));
        assertThat(found.find()).as("snippet in docs/operations.md").isTrue();
        return found.group(1);
    }

    private static TransportFixture start(boolean proxyProtocol) {
        EdgeConfig edge = new EdgeConfig(Origins.ANY, proxyProtocol, List.of(Cidr.parse("127.0.0.1")), 1, 0);
        return TransportFixture.start(TransportFixture.withHeartbeat(INTERVAL, Duration.ofSeconds(20)), edge);
    }

    private Process run(String... command) throws IOException {
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("output").toFile())
                .start();
    }

    private void awaitOpen(Process proxy) {
        Await.until(
                () -> {
                    try (RawClient client = RawClient.open(port)) {
                        return client.request(RawClient.upgradeRequest().replace("/v1/", "/none/"))
                                .contains(" 404 ");
                    } catch (IOException notYet) {
                        return false;
                    }
                },
                () -> "proxy is not there, alive=" + proxy.isAlive() + " " + output());
    }

    private String output() {
        try {
            return Files.readString(directory.resolve("output"));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static void end(Process proxy) throws InterruptedException {
        proxy.destroy();
        proxy.waitFor();
    }

    /** Each client is known by its own address, and a quiet socket outlives the proxy's timeouts by the pings. */
    private void servesClientsByTheirAddress(TransportFixture fixture) throws Exception {
        try (RawClient first = RawClient.openFrom(InetAddress.getByName("127.0.0.2"), port);
                RawClient same = RawClient.openFrom(InetAddress.getByName("127.0.0.2"), port);
                RawClient other = RawClient.openFrom(InetAddress.getByName("127.0.0.3"), port)) {
            first.upgrade();
            fixture.peer(0).onLoop(connection -> connection.send(TransportFixture.frame("{\"welcome\":1}")));
            same.upgrade();
            assertThat(same.readClose(4004)).startsWith("retry-after=");
            other.upgrade();
            fixture.peer(1);

            first.read();
            for (int pings = 0; pings < 8; pings++) {
                assertThat(first.read().text()).contains("ping");
                first.send(RawClient.TEXT, "pong");
            }
            assertThat(fixture.peer(0).closes).isEmpty();
        }
    }

    @Test
    void haproxyTellsAddressesAndKeepsQuietSockets() throws Exception {
        assertThat(HAPROXY)
                .as("the Debian package haproxy, which make test installs")
                .isExecutable();
        try (TransportFixture fixture = start(true)) {
            HttpServer ready = TransportFixture.await(fixture.vertx
                    .createHttpServer()
                    .requestHandler(request -> request.response().end())
                    .listen(0, "127.0.0.1"));
            String config = snippet(Pattern.compile("(?s)```\\n(listen rejoin.*?)```"))
                    .replace(":443", "127.0.0.1:" + port)
                    .replaceAll("10\\.0\\.0\\.[12]:8080", "127.0.0.1:" + fixture.server.port())
                    .replace("9090", Integer.toString(ready.actualPort()))
                    .replace("75s", "1s");
            Path file = Files.writeString(directory.resolve("haproxy.cfg"), config);
            Process proxy = run(HAPROXY.toString(), "-db", "-f", file.toString());
            try {
                awaitOpen(proxy);
                servesClientsByTheirAddress(fixture);
            } finally {
                end(proxy);
            }
        }
    }

    @Test
    void nginxTellsAddressesAndKeepsQuietSockets() throws Exception {
        assertThat(NGINX)
                .as("the Debian package nginx, which make test installs")
                .isExecutable();
        try (TransportFixture fixture = start(false)) {
            String site = snippet(Pattern.compile("(?s)```nginx\\n(.*?)```"))
                    .replace("listen 80;", "listen 127.0.0.1:" + port + ";")
                    .replaceAll("n[123]:8080", "127.0.0.1:" + fixture.server.port());
            Path file = Files.writeString(directory.resolve("nginx.conf"), """
                    daemon off;
                    pid %1$s/nginx.pid;
                    error_log stderr;
                    events {}
                    http {
                      access_log off;
                      client_body_temp_path %1$s;
                      proxy_temp_path %1$s;
                      fastcgi_temp_path %1$s;
                      uwsgi_temp_path %1$s;
                      scgi_temp_path %1$s;
                      proxy_read_timeout 1s;
                      proxy_send_timeout 1s;
                      %2$s
                    }
                    """.formatted(directory, site));
            Process proxy = run(NGINX.toString(), "-e", "stderr", "-c", file.toString());
            try {
                awaitOpen(proxy);
                servesClientsByTheirAddress(fixture);
            } finally {
                end(proxy);
            }
        }
    }
}
