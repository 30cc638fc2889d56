package io.rejoin.testing;

import io.rejoin.BrokerNode;
import io.rejoin.clusterconfig.ClusterConfig;
import io.rejoin.clusterconfig.ClusterTiming;
import io.rejoin.config.BrokerConfig;
import io.rejoin.config.ConfigException;
import io.rejoin.config.ConfigLoader;
import io.vertx.core.Vertx;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Nodes of one cluster in this JVM, on real ports of 127.0.0.1.
 *
 * <p>Threading: confined to the test's thread.
 */
public final class TestCluster implements AutoCloseable {

    private static final int PARTITIONS = 11;

    private final String name = "test-" + UUID.randomUUID();
    private final Map<String, String> settings = new HashMap<>();
    private Optional<Path> file = Optional.empty();
    private final List<Integer> memberPorts;
    private final List<Integer> busPorts;
    private final List<@Nullable BrokerNode> nodes = new ArrayList<>();
    private final List<TestClient> clients = new ArrayList<>();
    private final Vertx clientVertx = Vertx.vertx();
    private final HttpClient ops = HttpClient.newHttpClient();

    private TestCluster(int size) {
        List<Integer> ports = FreePorts.reserve(size * 2);
        this.memberPorts = ports.subList(0, size);
        this.busPorts = ports.subList(size, size * 2);
        IntStream.range(0, size).forEach(index -> nodes.add(null));
    }

    /** Nodes that are not started yet. */
    public static TestCluster of(int size) {
        return new TestCluster(size);
    }

    /** Sets an environment variable of every node that starts from now on. */
    public TestCluster with(String variable, String value) {
        settings.put(variable, value);
        return this;
    }

    /** Has every node that starts from now on read a file. */
    public TestCluster withFile(Path path) {
        file = Optional.of(path);
        return this;
    }

    /** Starts all nodes and waits until each sees the others. */
    public TestCluster start() {
        IntStream.range(0, nodes.size()).forEach(this::begin);
        for (int index = 0; index < nodes.size(); index++) {
            awaitStarted(index);
        }
        awaitMembers(nodes.size());
        return this;
    }

    /** Starts one node and waits until it takes clients. */
    public void start(int index) {
        begin(index);
        awaitStarted(index);
    }

    private final Map<Integer, Thread> starting = new HashMap<>();
    private final Map<Integer, Throwable> failures = new HashMap<>();

    private void begin(int index) {
        Thread thread = new Thread(() -> {
            try {
                BrokerNode node = RoomLogContract.await(BrokerNode.start(config(index)));
                nodes.set(index, node);
            } catch (ConfigException | AssertionError | RuntimeException failure) {
                synchronized (failures) {
                    failures.put(index, failure);
                }
            }
        });
        starting.put(index, thread);
        thread.start();
    }

    private void awaitStarted(int index) {
        Await.until(() -> !starting.get(index).isAlive(), () -> "node " + index + " has not started");
        synchronized (failures) {
            if (failures.containsKey(index)) {
                throw new AssertionError("node " + index + " did not start", failures.get(index));
            }
        }
    }

    private BrokerConfig config(int index) throws ConfigException {
        BrokerConfig loaded = ConfigLoader.load(file, environment(index), Map.of(), "node-" + index);
        ClusterConfig quick = loaded.cluster()
                .withClusterName(name)
                .withPartitions(PARTITIONS)
                .withTiming(ClusterTiming.PRODUCTION.withJoinWait(Duration.ZERO));
        return new BrokerConfig(
                loaded.nodeName(),
                loaded.auth(),
                loaded.client(),
                loaded.edge(),
                loaded.tls(),
                loaded.api(),
                loaded.opsHost(),
                loaded.opsPort(),
                loaded.sessions(),
                loaded.rooms(),
                loaded.budgets(),
                loaded.admission(),
                loaded.drain(),
                quick,
                loaded.clusterKeys(),
                OptionalInt.of(2));
    }

    private Map<String, String> environment(int index) {
        Map<String, String> environment = new HashMap<>();
        environment.put("REJOIN_AUTH_MODE", "anonymous");
        environment.put("REJOIN_NODE_NAME", "n" + index);
        environment.put("REJOIN_CLIENT_HOST", "127.0.0.1");
        environment.put("REJOIN_OPS_HOST", "127.0.0.1");
        environment.put("REJOIN_CLIENT_PORT", "0");
        environment.put("REJOIN_OPS_PORT", "0");
        environment.put("REJOIN_API_HOST", "127.0.0.1");
        environment.put("REJOIN_API_PORT", "0");
        environment.put("REJOIN_CLUSTER_BIND", "127.0.0.1:" + memberPorts.get(index));
        environment.put("REJOIN_CLUSTER_BUS", "127.0.0.1:" + busPorts.get(index));
        if (nodes.size() > 1) {
            environment.put(
                    "REJOIN_CLUSTER_MEMBERS",
                    memberPorts.stream().map(port -> "127.0.0.1:" + port).collect(Collectors.joining(",")));
        }
        environment.putAll(settings);
        return environment;
    }

    /** A node that was started. */
    public BrokerNode node(int index) {
        BrokerNode node = nodes.get(index);
        if (node == null) {
            throw new IllegalStateException("node " + index + " is not running");
        }
        return node;
    }

    /**
     * Connects to a node, without a hello.
     *
     * @param headers names and values for the upgrade, in turn
     */
    public TestClient connect(int index, String... headers) {
        TestClient client = TestClient.connect(clientVertx, node(index).clientPort(), headers);
        clients.add(client);
        return client;
    }

    /** The Vert.x that clients use. */
    public Vertx clientVertx() {
        return clientVertx;
    }

    /**
     * Reads a sample from a node's metrics.
     *
     * @param sample name and tags as they stand there, such as {@code rejoin_lags_total}
     * @return 0 when there is none
     */
    public long metric(int index, String sample) {
        URI metrics = URI.create("http://127.0.0.1:" + node(index).opsPort() + "/metrics");
        String page = ops.sendAsync(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
                .join()
                .body();
        return page.lines()
                .filter(line -> line.startsWith(sample + " "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(sample.length() + 1)))
                .findFirst()
                .orElse(0);
    }

    /** Ends a node as a crash would. */
    public void kill(int index) {
        BrokerNode node = node(index);
        nodes.set(index, null);
        RoomLogContract.await(node.kill());
    }

    /** Begins to stop a node gently, with the time that a deploy would give it; the thread ends when the node has left. */
    public Thread beginStop(int index) {
        BrokerNode node = node(index);
        nodes.set(index, null);
        Thread leaving = new Thread(() -> RoomLogContract.await(node.stop(Duration.ofSeconds(20))));
        leaving.start();
        return leaving;
    }

    /** Stops a node gently. */
    public void stop(int index) {
        BrokerNode node = node(index);
        nodes.set(index, null);
        RoomLogContract.await(node.stop(Duration.ofSeconds(2)));
    }

    /** Waits until every running node sees so many members. */
    public void awaitMembers(int members) {
        Await.until(
                () -> nodes.stream().allMatch(node -> node == null || node.members() == members),
                () -> "members="
                        + nodes.stream()
                                .map(node -> node == null ? "down" : Integer.toString(node.members()))
                                .toList());
    }

    @Override
    public void close() {
        clients.forEach(TestClient::close);
        for (int index = nodes.size() - 1; index >= 0; index--) {
            if (nodes.get(index) != null) {
                kill(index);
            }
        }
        RoomLogContract.await(clientVertx.close());
    }
}
