package io.rejoin.config;

import io.rejoin.auth.Grants;
import io.rejoin.clusterconfig.HostPort;
import io.rejoin.room.PublishRight;
import io.rejoin.room.RoomClass;
import io.rejoin.room.SlowConsumerAction;
import io.rejoin.transport.Cidr;
import io.rejoin.transport.Origins;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * The table of all keys, from which sources are read and docs/configuration.md is written.
 *
 * <p>Threading: immutable.
 */
final class Settings {

    private static final List<Setting<?>> TABLE = new ArrayList<>();
    private static final List<Setting<?>> POLICY = new ArrayList<>();
    private static final String ROOM_PREFIX = "room.";

    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration MS = Duration.ofMillis(1);

    static final Setting<AuthMode> AUTH_MODE = add(
            "auth.mode",
            "",
            "none, must be set",
            Parsers.authMode(),
            "How clients prove who they are: `jwt`, by a signed token; `hook`, to a server of yours that is asked about each; `anonymous` lets everybody in, for local trials.");
    static final Setting<Optional<Path>> AUTH_JWT_KEYS_FILE = add(
            "auth.jwt.keys-file",
            "",
            Parsers.optionalPath(),
            "Public keys of the issuer, or certificates, in PEM; or a JWK or a set of them in JSON. Read again after `auth.jwt.keys-refresh`.");
    static final Setting<Optional<Path>> AUTH_JWT_SECRET_FILE = add(
            "auth.jwt.secret-file",
            "",
            Parsers.optionalPath(),
            "Secret shared with the issuer (HS256, HS384, HS512): the bytes of the file, at least 32, without a line break at the end.");
    static final Setting<Optional<URI>> AUTH_JWT_KEYS_URL = add(
            "auth.jwt.keys-url",
            "",
            Parsers.optionalKeysUrl(),
            "URL of the issuer's set of JWKs. Of these three settings exactly one is set.");
    static final Setting<Duration> AUTH_JWT_KEYS_REFRESH = add(
            "auth.jwt.keys-refresh",
            "5m",
            Parsers.duration(Duration.ofSeconds(10), DAY),
            "Keys that are older are read again; so they are, at most every 10 s, when a token names one that is not among them.");
    static final Setting<Duration> AUTH_JWT_KEYS_MAX_AGE = add(
            "auth.jwt.keys-max-age",
            "1d",
            Parsers.duration(Duration.ofMinutes(1), Duration.ofDays(365)),
            "Keys that cannot be read again are used for so long; then clients are turned away with 4004.");
    static final Setting<String> AUTH_JWT_ISSUER = add(
            "auth.jwt.issuer",
            "",
            text -> text,
            "What `iss` of a token has to be; not looked at when it is not set. Required with `auth.jwt.keys-url`.");
    static final Setting<String> AUTH_JWT_AUDIENCE = add(
            "auth.jwt.audience",
            "",
            text -> text,
            "What `aud` of a token has to contain; not looked at when it is not set. Required with `auth.jwt.keys-url`.");
    static final Setting<Duration> AUTH_JWT_CLOCK_SKEW = add(
            "auth.jwt.clock-skew",
            "30s",
            Parsers.duration(Duration.ZERO, Duration.ofMinutes(10)),
            "How far the clocks of the issuer and of the nodes may be apart.");
    static final Setting<Optional<URI>> AUTH_HOOK_URL = add(
            "auth.hook.url",
            "",
            Parsers.optionalUrl(),
            "Where nodes ask who a client is, by `POST` (`docs/security.md`, connect hook). Required with `auth.mode: hook`. https; http gives"
                    + " tokens and `auth.hook.key` to whoever reads the network.");
    static final Setting<Optional<Secret>> AUTH_HOOK_KEY = addSecret(
            "auth.hook.key",
            "none is sent",
            Parsers.optionalKey(),
            "Secret that nodes send to the hook as `Authorization: Bearer`, so that it knows them.");
    static final Setting<Optional<Path>> AUTH_HOOK_CA = add(
            "auth.hook.ca",
            "",
            "those of the JVM",
            Parsers.optionalPath(),
            "PEM file of the authorities that may vouch for the hook's certificate.");
    static final Setting<Duration> AUTH_HOOK_TIMEOUT = add(
            "auth.hook.timeout",
            "2s",
            Parsers.duration(Duration.ofMillis(50), Duration.ofSeconds(10)),
            "A question that is not answered in full by then has failed, and the client is turned away with 4004.");
    static final Setting<Integer> AUTH_HOOK_CONCURRENCY = add(
            "auth.hook.concurrency",
            "128",
            Parsers.count(1, 10_000),
            "Questions of a node at once, and connections to the hook; further clients are turned away with 4004. Refreshes use half of them"
                    + " at most.");
    static final Setting<Integer> AUTH_HOOK_FAILURES = add(
            "auth.hook.failures",
            "5",
            Parsers.count(1, 1_000),
            "After so many failures in a row a node asks nothing for `auth.hook.pause`; then one question shows whether it goes on.");
    static final Setting<Duration> AUTH_HOOK_PAUSE = add(
            "auth.hook.pause",
            "5s",
            Parsers.duration(Duration.ofMillis(100), Duration.ofMinutes(10)),
            "How long the hook is left alone then; clients are turned away with 4004 meanwhile.");
    static final Setting<List<String>> AUTH_HOOK_HEADERS = add(
            "auth.hook.headers",
            "",
            "none",
            Parsers.headerNames(),
            "Headers of the client's upgrade that the hook is told, separated by commas, such as `cookie, user-agent`. With `cookie`"
                    + " `client.origins` has to be set, since browsers send cookies for any page.");
    static final Setting<Grants> AUTH_DEFAULT_GRANTS = add(
            "auth.default-grants",
            "",
            "nothing is granted",
            Grants::parse,
            "What a token, or an answer of the hook, grants that has no `rejoin.grants`, such as `chat/*=join+publish, news=join` or `*=all`.");
    static final Setting<Duration> AUTH_EXPIRY_GRACE = add(
            "auth.expiry-grace",
            "30s",
            Parsers.duration(Duration.ZERO, Duration.ofHours(1)),
            "A connection whose token has expired for so long without `refresh` is closed with 4003; at least `auth.jwt.clock-skew`.");
    static final Setting<Duration> AUTH_REVOCATION_MARGIN = add(
            "auth.revocation-margin",
            "30s",
            Parsers.duration(Duration.ZERO, Duration.ofHours(1)),
            "Clients whose tokens are revoked softly are closed within it, each at a time of its own.");
    static final Setting<Duration> AUTH_REVOCATION_TIME = add(
            "auth.revocation-time",
            "1d",
            Parsers.duration(Duration.ofSeconds(1), Duration.ofDays(365)),
            "How long a revocation is kept that does not say; no token may live longer.");
    static final Setting<String> NODE_NAME = add(
            "node.name",
            "",
            "the host name",
            text -> text.isEmpty() ? "" : Parsers.name().apply(text),
            "Name of the node, told to clients and in logs.");
    static final Setting<OptionalInt> EVENT_LOOPS = add(
            "event-loops", "", "two per processor", Parsers.optionalCount(1, 256), "Threads that serve the sockets.");

    static final Setting<String> CLIENT_HOST =
            add("client.host", "0.0.0.0", Parsers.host(), "Address of the client listener.");
    static final Setting<Integer> CLIENT_PORT = add(
            "client.port", "8080", Parsers.port(), "Port of the client listener (`/v1/connect`); 0 for a free one.");
    static final Setting<Duration> CLIENT_HANDSHAKE_TIMEOUT = add(
            "client.handshake-timeout",
            "10s",
            Parsers.duration(MS, DAY),
            "A TCP connection that has not become a WebSocket by then is cut off.");
    static final Setting<Integer> CLIENT_HANDSHAKES = add(
            "client.handshakes",
            "4096",
            Parsers.count(1, 1_000_000),
            "TCP connections of one event loop that have not become WebSockets yet; with a further one the oldest is cut off.");
    static final Setting<Duration> CLIENT_CLOSE_TIMEOUT = add(
            "client.close-timeout",
            "5s",
            Parsers.duration(MS, DAY),
            "A client that has not answered a close frame by then is cut off.");
    static final Setting<Integer> CLIENT_WRITE_BUFFER = add(
            "client.write-buffer",
            "64KiB",
            Parsers.size("1KiB", "16MiB"),
            "Bytes that wait in the node for one socket before it counts as full.");
    static final Setting<Integer> CLIENT_UNSENT_BYTES = add(
            "client.unsent-bytes",
            "16KiB",
            Parsers.size("1KiB", "16MiB"),
            "Bytes that the kernel takes for one socket beyond those on their way to the client, so that what lags stays in the node, where"
                    + " it is shared and can still be replaced by newer values; Linux only, without effect on the NIO transport.");
    static final Setting<Integer> CLIENT_CONTROL_FRAMES = add(
            "client.control-frames",
            "1024",
            Parsers.count(1, 1_000_000),
            "Replies and control frames that may wait for a full socket; beyond, it is closed with 4002.");
    static final Setting<Integer> CLIENT_CONTROL_BYTES =
            add("client.control-bytes", "1MiB", Parsers.size("1KiB", "1GiB"), "Bytes of those frames.");
    static final Setting<Optional<Path>> CLIENT_TLS_CERTIFICATE = add(
            "client.tls.certificate",
            "",
            "plain text",
            Parsers.optionalPath(),
            "PEM file of the client listener's certificate, then of those up to the root; with it the listener speaks TLS 1.2 and 1.3 only."
                    + " When the file changes, new connections get the new certificate within seconds.");
    static final Setting<Optional<Path>> CLIENT_TLS_KEY = add(
            "client.tls.key",
            "",
            Parsers.optionalPath(),
            "PEM file of its private key, not encrypted (PKCS #8, or of RSA or EC).");
    static final Setting<Origins> CLIENT_ORIGINS = add(
            "client.origins",
            "",
            "any",
            Parsers.origins(),
            "Origins of web pages that may connect, separated by commas (`https://app.example.org`, or `https://*.example.org` for all hosts"
                    + " below); a page of another is closed with 4502. `none` for no page at all. Programs that are no browsers send no"
                    + " origin and are let in.");
    static final Setting<Boolean> CLIENT_PROXY_PROTOCOL = add(
            "client.proxy-protocol",
            "false",
            Parsers.bool(),
            "Whether every connection begins with a header of the PROXY protocol (version 1 or 2), which tells the client's address; only"
                    + " the proxy may reach the port then.");
    static final Setting<List<Cidr>> CLIENT_TRUSTED_PROXIES = add(
            "client.trusted-proxies",
            "",
            "none",
            Parsers.blocks(),
            "Addresses or blocks (`10.0.0.0/8`) of proxies whose `X-Forwarded-For` is believed: the client is the right-most address that is"
                    + " not one of theirs.");
    static final Setting<Integer> CLIENT_CONNECTIONS_PER_ADDRESS = add(
            "client.connections-per-address",
            "0",
            Parsers.count(0, 10_000_000),
            "Most connections of one client address (IPv6: of one /64); a further one is closed with 4004. 0 for no limit.");
    static final Setting<Integer> CLIENT_HANDSHAKES_PER_ADDRESS = add(
            "client.handshakes-per-address",
            "0",
            Parsers.count(0, 1_000_000),
            "Requests per second of one client address that are answered; further ones get HTTP 503. 0 for no limit.");
    static final Setting<Duration> CLIENT_MAX_LIFETIME = add(
            "client.max-lifetime",
            "0s",
            Parsers.duration(Duration.ZERO, Duration.ofDays(365)),
            "No connection gets older: at some age from three quarters of it on, each at its own, the client is told to resume elsewhere"
                    + " (`goaway`) and closed with 4000 up to 30 s later. 0s for any age.");
    static final Setting<String> API_HOST = add("api.host", "0.0.0.0", Parsers.host(), "Address of the api listener.");
    static final Setting<Integer> API_PORT = add(
            "api.port",
            "8090",
            Parsers.port(),
            "Port of the server API for backends (`/v1/revocations`, `/v1/drain`); 0 for a free one. Not opened without `api.key`.");
    static final Setting<List<Secret>> API_KEY = addSecret(
            "api.key",
            "there is no server API",
            Parsers.keys(),
            "Secret that backends send as `Authorization: Bearer`; of several, separated by commas, each one is accepted.");
    static final Setting<Optional<Path>> API_TLS_CERTIFICATE = add(
            "api.tls.certificate",
            "",
            "plain text",
            Parsers.optionalPath(),
            "As `client.tls.certificate`, of the api listener. In plain text whoever reads the network has `api.key`.");
    static final Setting<Optional<Path>> API_TLS_KEY =
            add("api.tls.key", "", Parsers.optionalPath(), "As `client.tls.key`, of the api listener.");
    static final Setting<String> OPS_HOST = add("ops.host", "0.0.0.0", Parsers.host(), "Address of the ops listener.");
    static final Setting<Integer> OPS_PORT = add(
            "ops.port",
            "9090",
            Parsers.port(),
            "Port of the ops listener (`/livez`, `/readyz`, `/metrics`, `/policies`, `/rooms/`); 0 for a free one.");

    static final Setting<Optional<Path>> OPS_TLS_CERTIFICATE = add(
            "ops.tls.certificate",
            "",
            "plain text",
            Parsers.optionalPath(),
            "As `client.tls.certificate`, of the ops listener.");
    static final Setting<Optional<Path>> OPS_TLS_KEY =
            add("ops.tls.key", "", Parsers.optionalPath(), "As `client.tls.key`, of the ops listener.");

    static final Setting<HostPort> CLUSTER_BIND =
            add("cluster.bind", "127.0.0.1:5701", Parsers.hostPort(), "Address of this node's cluster member.");
    static final Setting<HostPort> CLUSTER_BUS =
            add("cluster.bus", "127.0.0.1:15701", Parsers.hostPort(), "Address of this node's event bus.");
    static final Setting<Optional<Path>> CLUSTER_TLS_CERTIFICATE = add(
            "cluster.tls.certificate",
            "",
            "plain text",
            Parsers.optionalPath(),
            "PEM file of this node's certificate; with it nodes know each other on the event bus by certificates of `cluster.tls.ca`."
                    + " The links between the members of Hazelcast stay plain text all the same.");
    static final Setting<Optional<Path>> CLUSTER_TLS_KEY =
            add("cluster.tls.key", "", Parsers.optionalPath(), "PEM file of its private key, not encrypted.");
    static final Setting<Optional<Path>> CLUSTER_TLS_CA = add(
            "cluster.tls.ca",
            "",
            Parsers.optionalPath(),
            "PEM file of the authority that issued the certificates of all nodes, and of nobody else.");
    static final Setting<List<HostPort>> CLUSTER_MEMBERS = add(
            "cluster.members",
            "",
            "empty: a single node",
            Parsers.hostPorts(),
            "`cluster.bind` of every planned member, this node included, separated by commas.");
    static final Setting<Optional<String>> CLUSTER_DNS = add(
            "cluster.dns",
            "",
            Parsers.optionalHost(),
            "Name that resolves to all members (a headless service), instead of `cluster.members`.");
    static final Setting<OptionalInt> CLUSTER_SIZE = add(
            "cluster.size",
            "",
            "length of `cluster.members`, 1 when empty; required with `cluster.dns`",
            Parsers.optionalCount(1, 100),
            "Planned members, of which a majority must be seen.");
    static final Setting<OptionalInt> CLUSTER_COPIES = add(
            "cluster.copies",
            "",
            "`cluster.size`, at most 3",
            Parsers.optionalCount(1, 6),
            "Nodes that hold each room.");
    static final Setting<OptionalInt> CLUSTER_MIN_IN_SYNC = add(
            "cluster.min-in-sync",
            "",
            "1 for a single node, else 2",
            Parsers.optionalCount(1, 6),
            "Copies that an acknowledgement needs.");
    static final Setting<List<Secret>> CLUSTER_KEY = addSecret(
            "cluster.key",
            "the cluster makes one",
            Parsers.keys(),
            "Secret of the session hash, the same on all nodes; of several, separated by commas, the first one signs.");

    static final Setting<Duration> HEARTBEAT_INTERVAL = add(
            "heartbeat.interval",
            "20s",
            Parsers.duration(Duration.ofMillis(10), DAY),
            "From ping to ping; below the idle limit of every proxy on the way.");
    static final Setting<Duration> HEARTBEAT_TIMEOUT = add(
            "heartbeat.timeout",
            "10s",
            Parsers.duration(Duration.ofMillis(10), DAY),
            "A client that was silent for the interval and this is closed with 4001.");
    static final Setting<Duration> HEARTBEAT_SHORTEST = add(
            "heartbeat.shortest",
            "5s",
            Parsers.duration(Duration.ofMillis(10), DAY),
            "Least interval that a client gets when it wishes for one; `heartbeat.interval` when that is shorter.");
    static final Setting<Duration> HEARTBEAT_LONGEST = add(
            "heartbeat.longest",
            "1m",
            Parsers.duration(Duration.ofMillis(10), DAY),
            "Greatest interval that a client gets when it wishes for one; `heartbeat.interval` when that is longer.");
    static final Setting<Duration> HELLO_TIMEOUT = add(
            "hello.timeout",
            "10s",
            Parsers.duration(MS, DAY),
            "A client that has not sent `hello` by then is closed with 4006.");
    static final Setting<Duration> SESSION_WINDOW = add(
            "session.window",
            "120s",
            Parsers.duration(Duration.ofSeconds(1), DAY),
            "How long a session outlives its last connection.");

    static final Setting<Integer> ADMISSION_HANDSHAKES = add(
            "admission.handshakes",
            "5000",
            Parsers.count(1, 1_000_000),
            "Upgrades per second that a node answers; further ones get HTTP 503 with `Retry-After`.");
    static final Setting<Integer> ADMISSION_ARRIVALS = add(
            "admission.arrivals",
            "1000",
            Parsers.count(1, 1_000_000),
            "Connections per second that a node serves, half of it for clients without a session; further ones are closed with 4004 and a "
                    + "`retry-after` of their own.");
    static final Setting<Integer> ADMISSION_HELLOS = add(
            "admission.hellos",
            "1024",
            Parsers.count(1, 1_000_000),
            "Most hellos that a node answers at once; further ones are closed with 4004.");

    static final Setting<Integer> ADMISSION_CONNECTIONS = add(
            "admission.connections",
            "100000",
            Parsers.count(1, 10_000_000),
            "Connections that a node serves at once; further ones are closed with 4004.");
    static final Setting<Integer> DRAIN_RATE = add(
            "drain.rate",
            "500",
            Parsers.count(1, 1_000_000),
            "Clients per second that a leaving node tells to resume elsewhere.");
    static final Setting<Duration> DRAIN_LINGER = add(
            "drain.linger",
            "5s",
            Parsers.duration(Duration.ZERO, DAY),
            "How long the last of them has to do so before its old connection is closed.");
    static final Setting<Duration> DRAIN_TIMEOUT = add(
            "drain.timeout",
            "30s",
            Parsers.duration(Duration.ofSeconds(1), DAY),
            "The longest that clients may keep a leaving node; faster than `drain.rate` when need be.");

    static final Setting<Integer> LIMITS_MESSAGE = add(
            "limits.message",
            "64KiB",
            Parsers.size("1KiB", "16MiB"),
            "Largest message of a client; a larger one closes with 1009.");
    static final Setting<Integer> LIMITS_ROOMS =
            add("limits.rooms", "256", Parsers.count(1, 100_000), "Most rooms that a connection may join.");
    static final Setting<Integer> LIMITS_INFLIGHT = add(
            "limits.inflight",
            "256",
            Parsers.count(1, 10_000),
            "Most unacknowledged publishes of a connection; beyond, the node stops reading from it.");

    static final Setting<Integer> LIMITS_FRAMES_RATE = add(
            "limits.frames-rate",
            "5000",
            Parsers.count(0, 1_000_000),
            "Frames per second of a connection; above, the node reads from it more slowly. 0 for no limit.");
    static final Setting<Long> LIMITS_BYTES_RATE = add(
            "limits.bytes-rate",
            "8MiB",
            Parsers.longSize("0B", "1GiB"),
            "Bytes of messages per second of a connection; above, the node reads from it more slowly. 0B for no limit.");
    static final Setting<Integer> LIMITS_PUBLISH_RATE = add(
            "limits.publish-rate",
            "5000",
            Parsers.count(0, 1_000_000),
            "Publishes per second of a connection; one above is answered `rate-limited`. 0 for no limit.");
    static final Setting<Integer> LIMITS_USER_PUBLISH_RATE = add(
            "limits.user-publish-rate",
            "20000",
            Parsers.count(0, 1_000_000),
            "As `limits.publish-rate`, of all connections of a user on the node; anonymous ones belong to no user.");
    static final Setting<Long> LIMITS_USER_BYTES_RATE = add(
            "limits.user-bytes-rate",
            "32MiB",
            Parsers.longSize("0B", "1GiB"),
            "As `limits.bytes-rate`, of all connections of a user on the node.");

    static final Setting<RoomClass> ROOM_CLASS = addPolicy(
            "class",
            "durable",
            Parsers.oneOf(RoomClass.values(), RoomClass::text),
            "`durable`: every publication in order, a member that lags reads the log; `conflated`: a member that lags gets the"
                    + " newest value of each key; `ephemeral`: no log, publications reach whoever can take them now.");
    static final Setting<Integer> ROOM_HISTORY_COUNT =
            addPolicy("history-count", "10000", Parsers.count(1, 10_000_000), "Most publications that a room retains.");
    static final Setting<Integer> ROOM_HISTORY_BYTES =
            addPolicy("history-bytes", "1MiB", Parsers.size("1KiB", "1GiB"), "Most bytes that a room retains.");
    static final Setting<Duration> ROOM_HISTORY_AGE = addPolicy(
            "history-age",
            "1h",
            Parsers.duration(Duration.ofSeconds(1), Duration.ofDays(365)),
            "Publications older than this are let go.");
    static final Setting<Integer> ROOM_MEMBERS = addPolicy(
            "members",
            "0",
            Parsers.count(0, 10_000_000),
            "Most members of a room on one node, a further one is answered `room-limit`; 0 for no limit.");
    static final Setting<Integer> ROOM_PUBLISHERS = addPolicy(
            "publishers",
            "4096",
            Parsers.count(1, 1_000_000),
            "Most publishers of a room whose numbers are remembered; a further one is answered `rate-limited`.");
    static final Setting<Integer> ROOM_PUBLISH_RATE = addPolicy(
            "publish-rate",
            "0",
            Parsers.count(0, 1_000_000),
            "Most publishes per second into a room through one node; 0 for no limit.");
    static final Setting<PublishRight> ROOM_PUBLISH = addPolicy(
            "publish",
            "anyone",
            Parsers.oneOf(PublishRight.values(), PublishRight::text),
            "Who may publish: `anyone`, `members` (connections that have joined the room), or `nobody` (no client).");
    static final Setting<Duration> ROOM_SLOW_CONSUMER_GRACE = addPolicy(
            "slow-consumer-grace",
            "15s",
            Parsers.duration(Duration.ofMillis(100), Duration.ofHours(1)),
            "How long a member's socket may take nothing while publications wait for it.");
    static final Setting<SlowConsumerAction> ROOM_SLOW_CONSUMER_ACTION = addPolicy(
            "slow-consumer-action",
            "close",
            Parsers.oneOf(SlowConsumerAction.values(), SlowConsumerAction::text),
            "What becomes of it then: `close` (its connection, with 4002) or `skip` (a gap, and on at the head).");
    static final Setting<Duration> ROOM_CONFLATION_INTERVAL = addPolicy(
            "conflation-interval",
            "0s",
            Parsers.duration(Duration.ZERO, Duration.ofHours(1)),
            "Shortest time between two deliveries to a member of a conflated room; 0s for none.");
    static final Setting<Boolean> ROOM_PRESENCE = addPolicy(
            "presence",
            "false",
            Parsers.bool(),
            "Whether members are told who is there (`true` or `false`); without effect in this version.");
    static final Setting<Integer> ROOM_PUBLICATION_BYTES = add(
            "room.publication-bytes",
            "64KiB",
            Parsers.size("64B", "16MiB"),
            "Largest value of one publication; a larger one is answered `too-large`.");
    static final Setting<Integer> ROOM_TAIL_COUNT = add(
            "room.tail-count",
            "2048",
            Parsers.count(1, 1_000_000),
            "Newest publications of a room that a node with members in it keeps encoded.");
    static final Setting<Integer> ROOM_TAIL_BYTES =
            add("room.tail-bytes", "1MiB", Parsers.size("1KiB", "1GiB"), "Bytes of those.");
    static final Setting<Integer> ROOM_PUBLISHER_BYTES =
            add("room.publisher-bytes", "256KiB", Parsers.size("1KiB", "256MiB"), "Most bytes of those numbers.");
    static final Setting<Duration> ROOM_IDLE_TIME = add(
            "room.idle-time",
            "1h",
            Parsers.duration(Duration.ofSeconds(2), Duration.ofDays(365)),
            "A room without members and publications is removed after it; at least twice `session.window`.");
    static final Setting<Duration> ROOM_PUBLISH_TIMEOUT = add(
            "room.publish-timeout",
            "10s",
            Parsers.duration(Duration.ofMillis(100), Duration.ofSeconds(14)),
            "A publish that is not settled by then is answered `unavailable`.");

    static final Setting<Long> NODE_APPEND_BYTES = add(
            "node.append-bytes",
            "64MiB",
            Parsers.longSize("32MiB", "1024GiB"),
            "Bytes of publishes to all rooms that may wait in a node for the rooms' logs; a further one is answered `unavailable`.");
    static final Setting<OptionalLong> NODE_TAIL_BYTES = add(
            "node.tail-bytes",
            "",
            "`256MiB`, at most a quarter of the heap",
            Parsers.optionalLongSize("1MiB", "1024GiB"),
            "Bytes of all rooms' tails in a node; beyond, those that were not used for the longest are emptied.");
    static final Setting<Integer> NODE_CATCH_UP_READS = add(
            "node.catch-up-reads",
            "8",
            Parsers.count(1, 10_000),
            "Reads of logs that a node does at once for members that fell behind the tail; further ones wait.");
    static final Setting<Long> NODE_CATCH_UP_RATE = add(
            "node.catch-up-rate",
            "64MiB",
            Parsers.longSize("0B", "16GiB"),
            "Bytes per second that such reads give, on average; above, further ones wait. 0B for no limit.");

    static final Setting<Integer> NODE_ROOMS = add(
            "node.rooms",
            "100000",
            Parsers.count(1, 100_000_000),
            "Rooms that a node knows at once, because its clients joined them or publish into them; more are answered `unavailable`.");
    static final Setting<OptionalLong> NODE_LOG_BYTES = add(
            "node.log-bytes",
            "",
            "a third of the heap",
            Parsers.optionalLongSize("1MiB", "1024GiB"),
            "Bytes of rooms' logs that a node holds, copies included; beyond, new rooms are answered `unavailable`, and a log lets its oldest"
                    + " publications go for new ones.");

    private Settings() {}

    /** All of them, in the order of the manual. */
    static List<Setting<?>> all() {
        return List.copyOf(TABLE);
    }

    /** Those that a namespace may set for its rooms, in the order of the manual. */
    static List<Setting<?>> ofPolicies() {
        return List.copyOf(POLICY);
    }

    /** The key of a setting within a namespace. */
    static String policyKey(Setting<?> setting) {
        return setting.key().substring(ROOM_PREFIX.length());
    }

    private static <T> Setting<T> addPolicy(
            String policyKey, String defaultText, Function<String, T> parser, String sentence) {
        Setting<T> setting = add(ROOM_PREFIX + policyKey, defaultText, parser, sentence);
        POLICY.add(setting);
        return setting;
    }

    private static <T> Setting<T> add(String key, String defaultText, Function<String, T> parser, String sentence) {
        return add(key, defaultText, "", parser, sentence);
    }

    private static <T> Setting<T> add(
            String key, String defaultText, String defaultShown, Function<String, T> parser, String sentence) {
        return add(new Setting<>(key, defaultText, defaultShown, parser, sentence, false));
    }

    private static <T> Setting<T> addSecret(
            String key, String defaultShown, Function<String, T> parser, String sentence) {
        return add(new Setting<>(key, "", defaultShown, parser, sentence, true));
    }

    private static <T> Setting<T> add(Setting<T> setting) {
        TABLE.add(setting);
        return setting;
    }
}
