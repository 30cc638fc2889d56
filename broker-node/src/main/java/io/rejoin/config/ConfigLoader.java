package io.rejoin.config;

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
import io.rejoin.room.RoomConfig;
import io.rejoin.room.RoomPolicies;
import io.rejoin.session.DrainConfig;
import io.rejoin.session.InboundLimits;
import io.rejoin.session.SessionConfig;
import io.rejoin.tls.PemFiles;
import io.rejoin.tls.TlsConfig;
import io.rejoin.transport.EdgeConfig;
import io.rejoin.transport.Origins;
import io.rejoin.transport.TransportConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Reads the settings of a node: defaults, then the YAML file, then the environment, then system properties; later ones win.
 *
 * <p>Threading: confined to the start. Failure: all faults are reported together.
 *
 * @see <a href="docs/configuration.md">configuration</a>
 */
public final class ConfigLoader {

    /** How long a node counts as interested in a room without renewing it; it renews every 2 s. */
    private static final Duration INTEREST_LEASE = Duration.ofSeconds(10);

    private static final Duration CLAIM_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration HISTORY_TIMEOUT = Duration.ofSeconds(5);
    private static final int HISTORY_INFLIGHT = 4;
    /** Together with publishes on their way they leave room for connections, and for what the garbage collector has not found yet. */
    private static final int LOGS_PART_OF_HEAP = 3;

    private static final int TAILS_PART_OF_HEAP = 4;

    private final SettingSources sources;

    private ConfigLoader(SettingSources sources) {
        this.sources = sources;
    }

    /**
     * Reads and checks everything.
     *
     * @param file YAML
     * @param environment variables; those that begin with {@code REJOIN_} must be settings
     * @param properties system properties; {@code rejoin.} and the key
     * @param hostName name of a node that was given none
     * @throws ConfigException with all faults
     */
    public static BrokerConfig load(
            Optional<Path> file, Map<String, String> environment, Map<String, String> properties, String hostName)
            throws ConfigException {
        SettingSources sources = new SettingSources(file, environment, properties);
        BrokerConfig config = new ConfigLoader(sources).read(hostName);
        sources.throwFaults();
        return config;
    }

    private BrokerConfig read(String hostName) {
        String given = sources.get(Settings.NODE_NAME);
        String nodeName = given.isEmpty() ? hostName : given;
        TransportConfig client = readClient();
        BrokerConfig config = new BrokerConfig(
                nodeName,
                readAuth(),
                client,
                readEdge(),
                new TlsConfig(
                        readPem(Settings.CLIENT_TLS_CERTIFICATE, Settings.CLIENT_TLS_KEY),
                        readPem(Settings.API_TLS_CERTIFICATE, Settings.API_TLS_KEY),
                        readPem(Settings.OPS_TLS_CERTIFICATE, Settings.OPS_TLS_KEY)),
                readApi(),
                sources.get(Settings.OPS_HOST),
                sources.get(Settings.OPS_PORT),
                readSessions(nodeName, client),
                readRooms(),
                readBudgets(),
                new Admission.Limits(
                        sources.get(Settings.ADMISSION_HANDSHAKES),
                        sources.get(Settings.ADMISSION_ARRIVALS),
                        sources.get(Settings.ADMISSION_HELLOS),
                        sources.get(Settings.ADMISSION_CONNECTIONS)),
                new DrainConfig(
                        sources.get(Settings.DRAIN_RATE),
                        sources.get(Settings.DRAIN_LINGER),
                        sources.get(Settings.DRAIN_TIMEOUT)),
                readCluster(nodeName),
                sources.get(Settings.CLUSTER_KEY),
                sources.get(Settings.EVENT_LOOPS));
        checkPorts(config);
        return config;
    }

    private AuthConfig readAuth() {
        AuthMode mode = sources.get(Settings.AUTH_MODE, AuthMode.ANONYMOUS);
        Duration skew = sources.get(Settings.AUTH_JWT_CLOCK_SKEW);
        Duration grace = sources.get(Settings.AUTH_EXPIRY_GRACE);
        sources.check(
                grace.compareTo(skew) >= 0,
                "auth.expiry-grace=" + grace.toMillis() + "ms (expected: at least auth.jwt.clock-skew, "
                        + skew.toMillis() + "ms: else a token is accepted whose connection is closed at once)",
                Settings.AUTH_EXPIRY_GRACE,
                Settings.AUTH_JWT_CLOCK_SKEW);
        return new AuthConfig(
                readJwt(skew, mode == AuthMode.JWT),
                readHook(mode == AuthMode.HOOK),
                grace,
                sources.get(Settings.AUTH_REVOCATION_MARGIN),
                sources.get(Settings.AUTH_REVOCATION_TIME));
    }

    /** All of it is checked, whether it is in use or not; only what is in use has to be there. */
    private Optional<JwtConfig> readJwt(Duration skew, boolean isInUse) {
        Optional<String> issuer = unlessEmpty(sources.get(Settings.AUTH_JWT_ISSUER));
        Optional<String> audience = unlessEmpty(sources.get(Settings.AUTH_JWT_AUDIENCE));
        Duration refresh = sources.get(Settings.AUTH_JWT_KEYS_REFRESH);
        Duration maxAge = sources.get(Settings.AUTH_JWT_KEYS_MAX_AGE);
        sources.check(
                maxAge.compareTo(refresh) > 0,
                "auth.jwt.keys-max-age=" + maxAge.toSeconds() + "s (expected: above auth.jwt.keys-refresh, "
                        + refresh.toSeconds() + "s)",
                Settings.AUTH_JWT_KEYS_MAX_AGE,
                Settings.AUTH_JWT_KEYS_REFRESH);
        Grants grants = sources.get(Settings.AUTH_DEFAULT_GRANTS);
        return readKeyLocation(isInUse, issuer.isPresent() && audience.isPresent())
                .filter(keys -> isInUse)
                .map(keys -> new JwtConfig(keys, issuer, audience, skew, refresh, maxAge, grants));
    }

    /** As those of tokens: checked whether in use or not. */
    private Optional<HookConfig> readHook(boolean isInUse) {
        Optional<URI> url = sources.get(Settings.AUTH_HOOK_URL);
        Optional<Secret> key = sources.get(Settings.AUTH_HOOK_KEY);
        Optional<Path> ca = sources.get(Settings.AUTH_HOOK_CA);
        Duration timeout = sources.get(Settings.AUTH_HOOK_TIMEOUT);
        int concurrency = sources.get(Settings.AUTH_HOOK_CONCURRENCY);
        int failures = sources.get(Settings.AUTH_HOOK_FAILURES);
        Duration pause = sources.get(Settings.AUTH_HOOK_PAUSE);
        List<String> headers = sources.get(Settings.AUTH_HOOK_HEADERS);
        Grants grants = sources.get(Settings.AUTH_DEFAULT_GRANTS);
        sources.check(
                url.isPresent() || !isInUse,
                "auth.hook.url is not set (expected: a URL, with auth.mode=hook)",
                Settings.AUTH_HOOK_URL);
        sources.check(
                !isInUse
                        || !headers.contains("cookie")
                        || !sources.get(Settings.CLIENT_ORIGINS).equals(Origins.ANY),
                "auth.hook.headers has cookie, and client.origins is not set (expected: the origins of your pages, since browsers"
                        + " send cookies for the pages of others, too)",
                Settings.AUTH_HOOK_HEADERS,
                Settings.CLIENT_ORIGINS);
        return url.filter(given -> isInUse)
                .map(given -> new HookConfig(
                        given, key.map(Secret::text), ca, timeout, concurrency, failures, pause, headers, grants));
    }

    private Optional<KeyLocation> readKeyLocation(boolean isInUse, boolean isForUsOnly) {
        List<Setting<?>> settings =
                List.of(Settings.AUTH_JWT_KEYS_FILE, Settings.AUTH_JWT_SECRET_FILE, Settings.AUTH_JWT_KEYS_URL);
        List<KeyLocation> given = Stream.of(
                        sources.get(Settings.AUTH_JWT_KEYS_FILE).map(KeyLocation.KeyFile::new),
                        sources.get(Settings.AUTH_JWT_SECRET_FILE).map(KeyLocation.SecretFile::new),
                        sources.get(Settings.AUTH_JWT_KEYS_URL).map(KeyLocation.KeyUrl::new))
                .<KeyLocation>flatMap(Optional::stream)
                .toList();
        sources.check(
                given.size() == 1 || !isInUse,
                "auth.mode=jwt has " + given.size() + " sources of keys (expected: exactly one of "
                        + settings.stream().map(Setting::key).collect(Collectors.joining(", ")) + ")",
                settings.toArray(Setting<?>[]::new));
        sources.check(
                isForUsOnly || !isInUse || given.stream().noneMatch(KeyLocation.KeyUrl.class::isInstance),
                "auth.jwt.keys-url without auth.jwt.issuer and auth.jwt.audience (expected: both, since published keys sign"
                        + " tokens for others, too)",
                Settings.AUTH_JWT_KEYS_URL,
                Settings.AUTH_JWT_ISSUER,
                Settings.AUTH_JWT_AUDIENCE);
        return given.stream().findFirst();
    }

    private static Optional<String> unlessEmpty(String text) {
        return text.isEmpty() ? Optional.empty() : Optional.of(text);
    }

    private ApiConfig readApi() {
        return new ApiConfig(
                sources.get(Settings.API_HOST),
                sources.get(Settings.API_PORT),
                sources.get(Settings.API_KEY).stream().map(Secret::text).toList());
    }

    private TransportConfig readClient() {
        return new TransportConfig(
                sources.get(Settings.CLIENT_HOST),
                sources.get(Settings.CLIENT_PORT),
                sources.get(Settings.LIMITS_MESSAGE),
                sources.get(Settings.CLIENT_CONTROL_FRAMES),
                sources.get(Settings.CLIENT_CONTROL_BYTES),
                sources.get(Settings.CLIENT_WRITE_BUFFER),
                sources.get(Settings.CLIENT_UNSENT_BYTES),
                sources.get(Settings.CLIENT_HANDSHAKES),
                sources.get(Settings.CLIENT_HANDSHAKE_TIMEOUT),
                sources.get(Settings.CLIENT_CLOSE_TIMEOUT),
                sources.get(Settings.HEARTBEAT_INTERVAL),
                sources.get(Settings.HEARTBEAT_TIMEOUT));
    }

    private Optional<PemFiles> readPem(Setting<Optional<Path>> certificate, Setting<Optional<Path>> key) {
        Optional<Path> certificateFile = sources.get(certificate);
        Optional<Path> keyFile = sources.get(key);
        sources.check(
                certificateFile.isPresent() == keyFile.isPresent(),
                certificate.key() + "=" + text(certificateFile) + " " + key.key() + "=" + text(keyFile)
                        + " (expected: both, or none)",
                certificate,
                key);
        return certificateFile.flatMap(file -> keyFile.map(secret -> new PemFiles(file, secret)));
    }

    private EdgeConfig readEdge() {
        return new EdgeConfig(
                sources.get(Settings.CLIENT_ORIGINS),
                sources.get(Settings.CLIENT_PROXY_PROTOCOL),
                sources.get(Settings.CLIENT_TRUSTED_PROXIES),
                sources.get(Settings.CLIENT_CONNECTIONS_PER_ADDRESS),
                sources.get(Settings.CLIENT_HANDSHAKES_PER_ADDRESS));
    }

    private SessionConfig readSessions(String nodeName, TransportConfig client) {
        Limits limits = new Limits(
                client.messageLimit(), sources.get(Settings.LIMITS_ROOMS), sources.get(Settings.LIMITS_INFLIGHT));
        return new SessionConfig(
                nodeName,
                sources.get(Settings.SESSION_WINDOW),
                sources.get(Settings.HELLO_TIMEOUT),
                CLAIM_TIMEOUT,
                client.heartbeatInterval(),
                client.heartbeatTimeout(),
                shorter(sources.get(Settings.HEARTBEAT_SHORTEST), client.heartbeatInterval()),
                longer(sources.get(Settings.HEARTBEAT_LONGEST), client.heartbeatInterval()),
                limits,
                InboundLimits.perSecond(
                        sources.get(Settings.LIMITS_FRAMES_RATE),
                        sources.get(Settings.LIMITS_BYTES_RATE),
                        sources.get(Settings.LIMITS_PUBLISH_RATE),
                        sources.get(Settings.LIMITS_USER_PUBLISH_RATE),
                        sources.get(Settings.LIMITS_USER_BYTES_RATE),
                        client.messageLimit()),
                sources.get(Settings.ROOM_PUBLICATION_BYTES),
                HISTORY_TIMEOUT,
                HISTORY_INFLIGHT,
                sources.get(Settings.CLIENT_MAX_LIFETIME));
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private RoomConfig readRooms() {
        Duration window = sources.get(Settings.SESSION_WINDOW);
        Duration idle = sources.get(Settings.ROOM_IDLE_TIME);
        Duration twice = window.multipliedBy(2);
        sources.check(
                idle.compareTo(twice) >= 0,
                "room.idle-time=" + idle.toSeconds() + "s (expected: at least twice session.window, "
                        + twice.toSeconds() + "s: numbers of publishers must outlive their sessions)",
                Settings.ROOM_IDLE_TIME,
                Settings.SESSION_WINDOW);
        RoomPolicies policies = new PolicyReader(sources).read();
        LogLimits log = new LogLimits(
                sources.get(Settings.ROOM_HISTORY_COUNT),
                sources.get(Settings.ROOM_HISTORY_BYTES),
                sources.get(Settings.ROOM_HISTORY_AGE).toMillis(),
                sources.get(Settings.ROOM_PUBLISHERS),
                sources.get(Settings.ROOM_PUBLISHER_BYTES),
                sources.get(Settings.LIMITS_INFLIGHT),
                twice.toMillis(),
                INTEREST_LEASE.toMillis(),
                idle.toMillis());
        return RoomConfig.of(
                log,
                new RoomConfig.Tail(sources.get(Settings.ROOM_TAIL_COUNT), sources.get(Settings.ROOM_TAIL_BYTES)),
                sources.get(Settings.ROOM_PUBLICATION_BYTES),
                sources.get(Settings.ROOM_PUBLISH_TIMEOUT),
                policies);
    }

    private NodeBudgets.Limits readBudgets() {
        long heap = Runtime.getRuntime().maxMemory();
        return new NodeBudgets.Limits(
                sources.get(Settings.NODE_APPEND_BYTES),
                sources.get(Settings.NODE_TAIL_BYTES).orElse(Math.min(256L << 20, heap / TAILS_PART_OF_HEAP)),
                sources.get(Settings.NODE_CATCH_UP_READS),
                sources.get(Settings.NODE_CATCH_UP_RATE),
                sources.get(Settings.NODE_ROOMS),
                sources.get(Settings.NODE_LOG_BYTES).orElse(heap / LOGS_PART_OF_HEAP));
    }

    private ClusterConfig readCluster(String nodeName) {
        List<HostPort> members = sources.get(Settings.CLUSTER_MEMBERS);
        Optional<String> dns = sources.get(Settings.CLUSTER_DNS);
        OptionalInt planned = sources.get(Settings.CLUSTER_SIZE);
        sources.check(
                members.isEmpty() || dns.isEmpty(),
                "cluster.dns=" + dns.orElse("") + " (expected: not together with cluster.members)",
                Settings.CLUSTER_DNS,
                Settings.CLUSTER_MEMBERS);
        sources.check(
                dns.isEmpty() || planned.isPresent(),
                "cluster.size is not set (expected: the number of planned members, with cluster.dns)",
                Settings.CLUSTER_DNS,
                Settings.CLUSTER_SIZE);
        int size = planned.orElse(Math.max(1, members.size()));
        ClusterConfig cluster = ClusterConfig.of(
                        nodeName,
                        discovery(members, dns),
                        sources.get(Settings.CLUSTER_BIND),
                        sources.get(Settings.CLUSTER_BUS),
                        size)
                .withBusTls(readBusTls())
                .withCopies(
                        sources.get(Settings.CLUSTER_COPIES).orElse(ClusterConfig.defaultCopies(size)),
                        sources.get(Settings.CLUSTER_MIN_IN_SYNC).orElse(ClusterConfig.defaultMinInSync(size)));
        boolean sound = sources.areSound(
                Settings.CLUSTER_MEMBERS,
                Settings.CLUSTER_DNS,
                Settings.CLUSTER_SIZE,
                Settings.CLUSTER_BIND,
                Settings.CLUSTER_BUS,
                Settings.CLUSTER_COPIES,
                Settings.CLUSTER_MIN_IN_SYNC);
        if (sound) {
            sources.addFaults(cluster.faults());
        }
        return cluster;
    }

    private Optional<BusTls> readBusTls() {
        Optional<Path> certificate = sources.get(Settings.CLUSTER_TLS_CERTIFICATE);
        Optional<Path> key = sources.get(Settings.CLUSTER_TLS_KEY);
        Optional<Path> ca = sources.get(Settings.CLUSTER_TLS_CA);
        long given = Stream.of(certificate, key, ca).filter(Optional::isPresent).count();
        sources.check(
                given == 0 || given == 3,
                "cluster.tls.certificate=" + text(certificate) + " cluster.tls.key=" + text(key) + " cluster.tls.ca="
                        + text(ca) + " (expected: all three, or none)",
                Settings.CLUSTER_TLS_CERTIFICATE,
                Settings.CLUSTER_TLS_KEY,
                Settings.CLUSTER_TLS_CA);
        return given == 3 ? Optional.of(new BusTls(certificate.get(), key.get(), ca.get())) : Optional.empty();
    }

    private static String text(Optional<Path> file) {
        return file.map(Path::toString).orElse("");
    }

    private static Discovery discovery(List<HostPort> members, Optional<String> dns) {
        if (dns.isPresent()) {
            return new Discovery.Dns(dns.get());
        }
        return members.isEmpty() ? new Discovery.SingleNode() : new Discovery.StaticMembers(members);
    }

    private void checkPorts(BrokerConfig config) {
        List<Integer> ports = Stream.of(config.client().port(), config.api().port(), config.opsPort())
                .filter(port -> port != 0)
                .toList();
        Set<Integer> distinct = new HashSet<>(ports);
        sources.check(
                distinct.size() == ports.size(),
                "client.port=" + config.client().port() + " api.port="
                        + config.api().port() + " ops.port=" + config.opsPort() + " (expected: three different ports)",
                Settings.CLIENT_PORT,
                Settings.API_PORT,
                Settings.OPS_PORT);
    }
}
