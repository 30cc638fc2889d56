package io.rejoin.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.rejoin.api.ApiConfig;
import io.rejoin.auth.AuthConfig;
import io.rejoin.auth.Grants;
import io.rejoin.auth.HookConfig;
import io.rejoin.auth.JwtConfig;
import io.rejoin.auth.JwtConfig.KeyLocation;
import io.rejoin.clusterconfig.BusTls;
import io.rejoin.clusterconfig.ClusterConfig;
import io.rejoin.clusterconfig.Discovery;
import io.rejoin.clusterconfig.HostPort;
import io.rejoin.flow.Admission;
import io.rejoin.flow.NodeBudgets;
import io.rejoin.protocol.Limits;
import io.rejoin.room.LogLimits;
import io.rejoin.room.PublishRight;
import io.rejoin.room.RoomClass;
import io.rejoin.room.RoomConfig;
import io.rejoin.room.RoomPolicies;
import io.rejoin.room.RoomPolicy;
import io.rejoin.room.SlowConsumerAction;
import io.rejoin.session.DrainConfig;
import io.rejoin.session.InboundLimits;
import io.rejoin.session.SessionConfig;
import io.rejoin.testing.GeneratedPage;
import io.rejoin.tls.PemFiles;
import io.rejoin.tls.TlsConfig;
import io.rejoin.transport.Cidr;
import io.rejoin.transport.EdgeConfig;
import io.rejoin.transport.Origins;
import io.rejoin.transport.TransportConfig;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ConfigLoaderTest {

    private static final long HEAP = Runtime.getRuntime().maxMemory();

    private static final Map<String, String> MINIMUM = Map.of("REJOIN_AUTH_MODE", "anonymous");

    @TempDir
    private Path directory;

    private static BrokerConfig load(Map<String, String> environment) throws ConfigException {
        return ConfigLoader.load(Optional.empty(), environment, Map.of(), "host-1");
    }

    private BrokerConfig loadFile(String yaml) throws Exception {
        return ConfigLoader.load(Optional.of(file(yaml)), Map.of(), Map.of(), "host-1");
    }

    private Path file(String yaml) throws IOException {
        return Files.writeString(directory.resolve("rejoin.yaml"), yaml);
    }

    private static List<String> faultsOf(Map<String, String> environment) {
        return faultsOf(Optional.empty(), environment, Map.of());
    }

    private static List<String> faultsOf(
            Optional<Path> file, Map<String, String> environment, Map<String, String> properties) {
        ConfigException refused = catchThrowableOfType(
                ConfigException.class, () -> ConfigLoader.load(file, environment, properties, "host-1"));
        assertThat(refused).isNotNull();
        return refused.faults();
    }

    private static Map<String, String> minimumAnd(String... pairs) {
        Map<String, String> environment = new HashMap<>(MINIMUM);
        for (int i = 0; i < pairs.length; i += 2) {
            environment.put(pairs[i], pairs[i + 1]);
        }
        return environment;
    }

    @Test
    void hasDefaults() throws Exception {
        LogLimits log = new LogLimits(10_000, 1 << 20, 3_600_000, 4_096, 256 << 10, 256, 240_000, 10_000, 3_600_000);

        assertThat(load(MINIMUM))
                .isEqualTo(new BrokerConfig(
                        "host-1",
                        new AuthConfig(
                                Optional.empty(),
                                Optional.empty(),
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(30),
                                Duration.ofDays(1)),
                        new TransportConfig(
                                "0.0.0.0",
                                8080,
                                64 << 10,
                                1024,
                                1 << 20,
                                64 << 10,
                                16 << 10,
                                4_096,
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(10)),
                        EdgeConfig.OPEN,
                        TlsConfig.PLAIN,
                        new ApiConfig("0.0.0.0", 8090, List.of()),
                        "0.0.0.0",
                        9090,
                        new SessionConfig(
                                "host-1",
                                Duration.ofSeconds(120),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(20),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(60),
                                new Limits(64 << 10, 256, 256),
                                InboundLimits.perSecond(5_000, 8 << 20, 5_000, 20_000, 32 << 20, 64 << 10),
                                64 << 10,
                                Duration.ofSeconds(5),
                                4,
                                Duration.ZERO),
                        RoomConfig.of(
                                log,
                                new RoomConfig.Tail(2_048, 1 << 20),
                                64 << 10,
                                Duration.ofSeconds(10),
                                RoomPolicies.same(RoomPolicy.withLog(log))),
                        new NodeBudgets.Limits(
                                64L << 20, Math.min(256L << 20, HEAP / 4), 8, 64L << 20, 100_000, HEAP / 3),
                        new Admission.Limits(5_000, 1_000, 1_024, 100_000),
                        new DrainConfig(500, Duration.ofSeconds(5), Duration.ofSeconds(30)),
                        ClusterConfig.of(
                                "host-1",
                                new Discovery.SingleNode(),
                                new HostPort("127.0.0.1", 5701),
                                new HostPort("127.0.0.1", 15701),
                                1),
                        List.of(),
                        OptionalInt.empty()));
    }

    @Test
    void readsTheHookWhenItDecides() throws Exception {
        assertThat(loadFile(EVERY_KEY.replace("mode: jwt", "mode: hook")).auth())
                .isEqualTo(new AuthConfig(
                        Optional.empty(),
                        Optional.of(new HookConfig(
                                URI.create("https://backend.example.org/connect"),
                                Optional.of("hook-key-of-sixteen-bytes"),
                                Optional.of(Path.of("/etc/hook-ca.crt")),
                                Duration.ofSeconds(1),
                                40,
                                41,
                                Duration.ofSeconds(42),
                                List.of("cookie", "user-agent"),
                                Grants.parse("chat/*=join+publish,news=all"))),
                        Duration.ofSeconds(37),
                        Duration.ofSeconds(38),
                        Duration.ofHours(39)));
    }

    @Test
    void wantsAUrlForTheHookAndOriginsForCookies() {
        assertThat(faultsOf(Map.of("REJOIN_AUTH_MODE", "hook", "REJOIN_AUTH_HOOK_HEADERS", "Cookie")))
                .anyMatch(fault -> fault.startsWith("auth.hook.url is not set"))
                .anyMatch(fault -> fault.startsWith("auth.hook.headers has cookie, and client.origins is not set"))
                .hasSize(2);
        assertThat(faultsOf(minimumAnd(
                        "REJOIN_AUTH_HOOK_URL", "ftp://backend/",
                        "REJOIN_AUTH_HOOK_KEY", "with spaces in between",
                        "REJOIN_AUTH_HOOK_HEADERS", "a b")))
                .anyMatch(fault -> fault.startsWith("auth.hook.url=ftp://backend/"))
                .anyMatch(fault -> fault.startsWith("auth.hook.key") && !fault.contains("with spaces"))
                .anyMatch(fault -> fault.startsWith("auth.hook.headers=a b"))
                .hasSize(3);
    }

    @Test
    void showsTheKeyOfTheHookNowhere() throws Exception {
        assertThat(loadFile(EVERY_KEY.replace("mode: jwt", "mode: hook")).toString())
                .doesNotContain("hook-key-of-sixteen-bytes");
    }

    private static final String EVERY_KEY = """
            auth:
              mode: jwt
              default-grants: chat/*=join+publish,news=all
              expiry-grace: 37s
              revocation-margin: 38s
              revocation-time: 39h
              jwt:
                keys-file: ""
                secret-file: /run/secrets/jwt
                keys-url: ""
                keys-refresh: 35m
                keys-max-age: 36h
                issuer: https://issuer
                audience: rejoin
                clock-skew: 34s
              hook:
                url: https://backend.example.org/connect
                key: hook-key-of-sixteen-bytes
                ca: /etc/hook-ca.crt
                timeout: 1s
                concurrency: 40
                failures: 41
                pause: 42s
                headers: Cookie, User-Agent
            node:
              name: n1
              append-bytes: 33MiB
              rooms: 500
              log-bytes: 4GiB
              tail-bytes: 3GiB
              catch-up-reads: 5
              catch-up-rate: 9MiB
            event-loops: 3
            client:
              host: 127.0.0.1
              port: 8081
              handshakes: 10
              handshake-timeout: 7s
              close-timeout: 3s
              write-buffer: 32KiB
              unsent-bytes: 9KiB
              control-frames: 11
              control-bytes: 12KiB
              origins: https://App.example.org:443, https://*.example.com:8443
              proxy-protocol: true
              trusted-proxies: 10.1.2.3/8, fd00::1
              connections-per-address: 37
              handshakes-per-address: 38
              max-lifetime: 39h
              tls:
                certificate: /etc/client.crt
                key: /etc/client.key
            api:
              host: 127.0.0.3
              port: 8091
              key: api-key-of-sixteen-bytes
              tls:
                certificate: /etc/api.crt
                key: /etc/api.key
            ops:
              host: 127.0.0.2
              port: 9091
              tls:
                certificate: /etc/ops.crt
                key: /etc/ops.key
            cluster:
              bind: 127.0.0.1:5702
              bus: 127.0.0.1:15702
              tls:
                certificate: /etc/node.crt
                key: /etc/node.key
                ca: /etc/ca.crt
              members:
                - 127.0.0.1:5701
                - 127.0.0.1:5702
                - 127.0.0.1:5703
              dns: ""
              size: 4
              copies: 3
              min-in-sync: 1
              key: first-key-of-sixteen-bytes, second-key-of-sixteen-bytes
            heartbeat:
              interval: 5s
              timeout: 2500ms
              shortest: 1500ms
              longest: 7500ms
            hello:
              timeout: 4s
            admission:
              handshakes: 34
              arrivals: 35
              hellos: 36
              connections: 37
            drain:
              rate: 31
              linger: 32s
              timeout: 33s
            session:
              window: 3m
            limits:
              message: 8KiB
              rooms: 17
              inflight: 18
              frames-rate: 27
              bytes-rate: 28KiB
              publish-rate: 29
              user-publish-rate: 30
              user-bytes-rate: 31KiB
            room:
              history-count: 19
              history-bytes: 20KiB
              history-age: 2h
              publication-bytes: 2KiB
              tail-count: 23
              tail-bytes: 24KiB
              publishers: 25
              publisher-bytes: 26KiB
              idle-time: 1d
              publish-timeout: 9s
              class: conflated
              members: 27
              publish-rate: 28
              publish: members
              slow-consumer-grace: 29s
              slow-consumer-action: skip
              conflation-interval: 30ms
              presence: true
            """;

    @Test
    void readsEveryKey() throws Exception {
        LogLimits log = new LogLimits(19, 20 << 10, 7_200_000, 25, 26 << 10, 18, 360_000, 10_000, 86_400_000);

        assertThat(loadFile(EVERY_KEY))
                .isEqualTo(new BrokerConfig(
                        "n1",
                        new AuthConfig(
                                Optional.of(new JwtConfig(
                                        new KeyLocation.SecretFile(Path.of("/run/secrets/jwt")),
                                        Optional.of("https://issuer"),
                                        Optional.of("rejoin"),
                                        Duration.ofSeconds(34),
                                        Duration.ofMinutes(35),
                                        Duration.ofHours(36),
                                        Grants.parse("chat/*=join+publish,news=all"))),
                                Optional.empty(),
                                Duration.ofSeconds(37),
                                Duration.ofSeconds(38),
                                Duration.ofHours(39)),
                        new TransportConfig(
                                "127.0.0.1",
                                8081,
                                8 << 10,
                                11,
                                12 << 10,
                                32 << 10,
                                9 << 10,
                                10,
                                Duration.ofSeconds(7),
                                Duration.ofSeconds(3),
                                Duration.ofSeconds(5),
                                Duration.ofMillis(2500)),
                        new EdgeConfig(
                                Origins.of(List.of("https://app.example.org", "https://*.example.com:8443")),
                                true,
                                List.of(Cidr.parse("10.0.0.0/8"), Cidr.parse("fd00::1")),
                                37,
                                38),
                        new TlsConfig(
                                Optional.of(new PemFiles(Path.of("/etc/client.crt"), Path.of("/etc/client.key"))),
                                Optional.of(new PemFiles(Path.of("/etc/api.crt"), Path.of("/etc/api.key"))),
                                Optional.of(new PemFiles(Path.of("/etc/ops.crt"), Path.of("/etc/ops.key")))),
                        new ApiConfig("127.0.0.3", 8091, List.of("api-key-of-sixteen-bytes")),
                        "127.0.0.2",
                        9091,
                        new SessionConfig(
                                "n1",
                                Duration.ofSeconds(180),
                                Duration.ofSeconds(4),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(5),
                                Duration.ofMillis(2500),
                                Duration.ofMillis(1500),
                                Duration.ofMillis(7500),
                                new Limits(8 << 10, 17, 18),
                                InboundLimits.perSecond(27, 28 << 10, 29, 30, 31 << 10, 8 << 10),
                                2 << 10,
                                Duration.ofSeconds(5),
                                4,
                                Duration.ofHours(39)),
                        RoomConfig.of(
                                log,
                                new RoomConfig.Tail(23, 24 << 10),
                                2 << 10,
                                Duration.ofSeconds(9),
                                new RoomPolicies(
                                        new RoomPolicy(
                                                RoomClass.CONFLATED,
                                                19,
                                                20 << 10,
                                                Duration.ofHours(2),
                                                27,
                                                25,
                                                28,
                                                PublishRight.MEMBERS,
                                                Duration.ofSeconds(29),
                                                SlowConsumerAction.SKIP,
                                                Duration.ofMillis(30),
                                                true),
                                        List.of())),
                        new NodeBudgets.Limits(33L << 20, 3L << 30, 5, 9L << 20, 500, 4L << 30),
                        new Admission.Limits(34, 35, 36, 37),
                        new DrainConfig(31, Duration.ofSeconds(32), Duration.ofSeconds(33)),
                        ClusterConfig.of(
                                        "n1",
                                        new Discovery.StaticMembers(List.of(
                                                new HostPort("127.0.0.1", 5701),
                                                new HostPort("127.0.0.1", 5702),
                                                new HostPort("127.0.0.1", 5703))),
                                        new HostPort("127.0.0.1", 5702),
                                        new HostPort("127.0.0.1", 15702),
                                        4)
                                .withBusTls(Optional.of(new BusTls(
                                        Path.of("/etc/node.crt"), Path.of("/etc/node.key"), Path.of("/etc/ca.crt"))))
                                .withCopies(3, 1),
                        List.of(new Secret("first-key-of-sixteen-bytes"), new Secret("second-key-of-sixteen-bytes")),
                        OptionalInt.of(3)));
    }

    @Test
    void wantsCertificateAndKeyTogether() {
        assertThat(faultsOf(minimumAnd("REJOIN_CLIENT_TLS_CERTIFICATE", "/etc/client.crt")))
                .containsExactly("client.tls.certificate=/etc/client.crt client.tls.key= (expected: both, or none)");
        assertThat(faultsOf(minimumAnd("REJOIN_API_TLS_KEY", "/etc/api.key")))
                .containsExactly("api.tls.certificate= api.tls.key=/etc/api.key (expected: both, or none)");
    }

    @Test
    void knowsNoKeyThatTheTestOfEveryKeyLacks() {
        List<String> keys = Settings.all().stream().map(Setting::key).toList();

        assertThat(keys)
                .allSatisfy(key -> assertThat(key.split("\\.", -1))
                        .allSatisfy(part -> assertThat(EVERY_KEY).contains(part + ":")));
        assertThat(EVERY_KEY.lines().filter(line -> line.matches(".*: .+")).count())
                .isEqualTo(keys.size() - 1);
    }

    @Test
    void readsEveryKeyFromTheEnvironment() throws Exception {
        Map<String, String> environment = Settings.all().stream()
                .filter(setting -> !setting.defaultText().isEmpty())
                .collect(Collectors.toMap(Setting::environmentName, Setting::defaultText));
        environment.put("REJOIN_AUTH_MODE", "anonymous");
        environment.put("REJOIN_CLUSTER_MIN_IN_SYNC", "1");

        assertThat(load(environment)).isEqualTo(load(MINIMUM));
        assertThat(environment).containsKeys("REJOIN_CLIENT_PORT", "REJOIN_ROOM_HISTORY_COUNT");
    }

    @Test
    void letsTheEnvironmentWinOverTheFileAndPropertiesOverBoth() throws Exception {
        Path file = file("{auth: {mode: anonymous}, client: {port: 1}, api: {port: 2}, ops: {port: 3}}");
        Map<String, String> environment = Map.of("REJOIN_API_PORT", "12", "REJOIN_OPS_PORT", "13");
        Map<String, String> properties = Map.of("rejoin.ops.port", "23", "rejoin.something.else", "x");

        BrokerConfig config = ConfigLoader.load(Optional.of(file), environment, properties, "host-1");

        assertThat(config.client().port()).isEqualTo(1);
        assertThat(config.api().port()).isEqualTo(12);
        assertThat(config.opsPort()).isEqualTo(23);
    }

    @Test
    void readsFlatKeysAndMembersInOneLine() throws Exception {
        BrokerConfig config = loadFile("""
                auth.mode: anonymous
                cluster.bind: "a:1"
                cluster.members: "a:1, b:2 ,c:3"
                """);

        assertThat(config.cluster().size()).isEqualTo(3);
        assertThat(config.cluster().copies()).isEqualTo(3);
        assertThat(config.cluster().minInSync()).isEqualTo(2);
        assertThat(config.cluster().discovery())
                .isEqualTo(new Discovery.StaticMembers(
                        List.of(new HostPort("a", 1), new HostPort("b", 2), new HostPort("c", 3))));
    }

    @Test
    void takesAnEmptyFile() throws Exception {
        assertThat(ConfigLoader.load(Optional.of(file("")), MINIMUM, Map.of(), "host-1"))
                .isEqualTo(load(MINIMUM));
    }

    @Test
    void reportsAllFaultsTogether() throws Exception {
        Path file = file("""
                clinet:
                  port: 8080
                room:
                  history-byte: 1MiB
                limits:
                  rooms: many
                """);
        Map<String, String> environment =
                Map.of("REJOIN_SESION_WINDOW", "1m", "REJOIN_CLIENT_PORT", "70000", "REJOIN_HEARTBEAT_INTERVAL", "20");

        assertThat(faultsOf(Optional.of(file), environment, Map.of("rejoin.limits.message", "64kB")))
                .containsExactlyInAnyOrder(
                        "clinet.port (from file " + file + ") is no setting; did you mean client.port?",
                        "room.history-byte (from file " + file + ") is no setting; did you mean room.history-bytes?",
                        "REJOIN_SESION_WINDOW (from the environment) is no setting; did you mean REJOIN_SESSION_WINDOW?",
                        "auth.mode is not set (expected: jwt or hook; or anonymous, which lets everybody in, for local trials; in the file"
                                + " or as REJOIN_AUTH_MODE)",
                        "client.port=70000 (from environment REJOIN_CLIENT_PORT; expected: 0 to 65535)",
                        "heartbeat.interval=20 (from environment REJOIN_HEARTBEAT_INTERVAL; expected: a time with its unit,"
                                + " 10ms to 1d, such as 500ms, 30s, 5m, 2h or 1d)",
                        "limits.rooms=many (from file " + file + "; expected: 1 to 100000)",
                        "limits.message=64kB (from system property rejoin.limits.message; expected: a size with its unit,"
                                + " 1KiB to 16MiB, such as 4096B, 64KiB or 1MiB)");
    }

    @Test
    void asksForOneSourceOfKeysOfTokens() {
        String expected = "(expected: exactly one of auth.jwt.keys-file, auth.jwt.secret-file, auth.jwt.keys-url)";

        assertThat(faultsOf(Map.of("REJOIN_AUTH_MODE", "jwt")))
                .containsExactly("auth.mode=jwt has 0 sources of keys " + expected);
        assertThat(faultsOf(Map.of(
                        "REJOIN_AUTH_MODE",
                        "jwt",
                        "REJOIN_AUTH_JWT_KEYS_FILE",
                        "keys.pem",
                        "REJOIN_AUTH_JWT_SECRET_FILE",
                        "secret")))
                .containsExactly("auth.mode=jwt has 2 sources of keys " + expected);
    }

    @Test
    void takesPublishedKeysOnlyForTokensThatAreMeantForUs() {
        assertThat(faultsOf(Map.of(
                        "REJOIN_AUTH_MODE", "jwt", "REJOIN_AUTH_JWT_KEYS_URL", "https://issuer.example/keys.json")))
                .singleElement()
                .asString()
                .startsWith("auth.jwt.keys-url without auth.jwt.issuer and auth.jwt.audience (expected: both");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http://issuer.example/keys", "https://user@issuer.example/", "ftp://localhost/keys", "keys"})
    void takesKeysOnlyOverEncryptedConnections(String url) {
        assertThat(faultsOf(minimumAnd("REJOIN_AUTH_JWT_KEYS_URL", url)))
                .containsExactly("auth.jwt.keys-url=" + url
                        + " (from environment REJOIN_AUTH_JWT_KEYS_URL; expected: an https URL"
                        + " without user and fragment; http only to 127.0.0.1 or localhost)");
    }

    @Test
    void asksForAGraceThatCoversTheClockSkew() {
        assertThat(faultsOf(minimumAnd("REJOIN_AUTH_EXPIRY_GRACE", "29s")))
                .singleElement()
                .asString()
                .startsWith("auth.expiry-grace=29000ms (expected: at least auth.jwt.clock-skew, 30000ms");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "chat=", "=join", "chat=read", "ch*at=join"})
    void refusesGrantsThatCannotBeRead(String grants) {
        assertThat(faultsOf(minimumAnd("REJOIN_AUTH_DEFAULT_GRANTS", grants)))
                .singleElement()
                .asString()
                .startsWith("auth.default-grants=" + grants
                        + " (from environment REJOIN_AUTH_DEFAULT_GRANTS; expected: pattern=");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0s", "20", "s", "1.5s", "-1s", "20 sec", "999999999999d", "2d"})
    void refusesTimesOutOfRangeOrWithoutUnit(String value) {
        assertThat(faultsOf(minimumAnd("REJOIN_SESSION_WINDOW", value)))
                .singleElement()
                .asString()
                .startsWith("session.window=" + value + " (from environment");
    }

    @ParameterizedTest
    @ValueSource(strings = {"65536", "KiB", "0B", "1GiB", "64 KB", "9999999999GiB"})
    void refusesSizesOutOfRangeOrWithoutUnit(String value) {
        assertThat(faultsOf(minimumAnd("REJOIN_LIMITS_MESSAGE", value)))
                .singleElement()
                .asString()
                .startsWith("limits.message=" + value + " (from environment");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    REJOIN_ROOM_IDLE_TIME     | 239s      | room.idle-time=239s (expected: at least twice session.window, 240s
                    REJOIN_API_PORT           | 8080      | client.port=8080 api.port=8080 ops.port=9090 (expected: three different
                    REJOIN_CLUSTER_DNS        | rejoin    | cluster.size is not set (expected: the number of planned members
                    REJOIN_CLUSTER_MEMBERS    | a:1,b:2   | cluster.members=[a:1, b:2] (expected: to contain cluster.bind=
                    REJOIN_CLUSTER_BUS        | 127.0.0.1:5701 | cluster.bus=127.0.0.1:5701 (expected: another port
                    REJOIN_CLUSTER_MIN_IN_SYNC | 2        | cluster.min-in-sync=2 (expected: 1..1
                    REJOIN_CLUSTER_BIND       | 5701      | cluster.bind=5701 (from environment REJOIN_CLUSTER_BIND; expected: host:port
                    """)
    void refusesWhatDoesNotGoTogether(String variable, String value, String fault) {
        assertThat(faultsOf(minimumAnd(variable, value)))
                .singleElement()
                .asString()
                .startsWith(fault);
    }

    @Test
    void refusesDnsBesideMembers() {
        assertThat(faultsOf(minimumAnd(
                        "REJOIN_CLUSTER_DNS",
                        "rejoin",
                        "REJOIN_CLUSTER_SIZE",
                        "3",
                        "REJOIN_CLUSTER_MEMBERS",
                        "127.0.0.1:5701")))
                .containsExactly("cluster.dns=rejoin (expected: not together with cluster.members)");
    }

    @Test
    void neverShowsTheKey() throws Exception {
        BrokerConfig config = load(minimumAnd("REJOIN_CLUSTER_KEY", "a-long-enough-secret-key"));

        assertThat(config.clusterKeys()).containsExactly(new Secret("a-long-enough-secret-key"));
        assertThat(config.toString()).doesNotContain("secret");
        assertThat(faultsOf(minimumAnd("REJOIN_CLUSTER_KEY", "too-short")))
                .containsExactly(
                        "cluster.key=*** (from environment REJOIN_CLUSTER_KEY; expected: at least 16 bytes; several"
                                + " keys are separated by commas)");
    }

    @Test
    void takesNoKeyFromTheCommandLine() {
        assertThat(faultsOf(Optional.empty(), MINIMUM, Map.of("rejoin.cluster.key", "a-long-enough-secret-key")))
                .singleElement()
                .asString()
                .startsWith("cluster.key (from system property) is a secret")
                .doesNotContain("long-enough");
    }

    @Test
    void keepsDollarsAndBracesAsTheyAre() throws Exception {
        assertThat(load(minimumAnd("REJOIN_CLUSTER_KEY", "${HOME}-$$-\\-sixteen-bytes"))
                        .clusterKeys())
                .containsExactly(new Secret("${HOME}-$$-\\-sixteen-bytes"));
    }

    @Test
    void letsLogLevelAndOtherVariablesBe() throws Exception {
        assertThat(load(minimumAnd("REJOIN_LOG_LEVEL", "DEBUG", "PATH", "/bin")))
                .isEqualTo(load(MINIMUM));
    }

    @Test
    void saysWhenTheFileIsNotThere() {
        Path missing = directory.resolve("missing.yaml");

        assertThat(faultsOf(Optional.of(missing), MINIMUM, Map.of()))
                .containsExactly("--config " + missing + " is not there (expected: a YAML file)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a: [", "- 1\n- 2\n", "just text", "client: {port: 1, port: 2}\n\tx: y"})
    void saysWhenTheFileIsNoYaml(String text) throws Exception {
        assertThat(faultsOf(Optional.of(file(text)), MINIMUM, Map.of()))
                .singleElement()
                .asString()
                .startsWith("--config ");
    }

    @Test
    void refusesStructuresWhereValuesAreExpected() throws Exception {
        Path file = file("{cluster: {members: [{host: a}]}, foo: [{a: b}], client: {port: {a: 1}}}");

        assertThat(faultsOf(Optional.of(file), MINIMUM, Map.of()))
                .containsExactlyInAnyOrder(
                        "cluster.members (from file " + file
                                + ") is a structure (expected: a value, or a list of values)",
                        "foo (from file " + file + ") is no setting; did you mean api.host?",
                        "client.port.a (from file " + file + ") is no setting; did you mean client.port?");
    }

    @Test
    void readsTheFileOfTheKubernetesManifests() throws Exception {
        Map<String, String> pod = Map.of(
                "REJOIN_NODE_NAME",
                "rejoin-0",
                "REJOIN_CLUSTER_BIND",
                "10.0.0.1:5701",
                "REJOIN_CLUSTER_BUS",
                "10.0.0.1:15701",
                "REJOIN_AUTH_MODE",
                "anonymous");

        BrokerConfig config =
                ConfigLoader.load(Optional.of(Path.of("..", "k8s", "base", "rejoin.yaml")), pod, Map.of(), "host-1");

        assertThat(config.cluster().size()).isEqualTo(3);
    }

    @Test
    void isDescribedInConfiguration() throws IOException {
        GeneratedPage.assertUpToDate("configuration.md", "settings", Manual.table());
        GeneratedPage.assertUpToDate("configuration.md", "namespaces", Manual.namespaces());
    }
}
