package io.rejoin.chaos.node;

import io.rejoin.chaos.client.Endpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Some nodes on 127.0.0.1 that know each other, each a process of its own.
 *
 * <p>Threading: thread-safe as its nodes are.
 */
public final class ProcessCluster implements AutoCloseable {

    private final List<BrokerProcess> nodes;

    private ProcessCluster(List<BrokerProcess> nodes) {
        this.nodes = nodes;
    }

    /**
     * Describes a cluster; nothing is started.
     *
     * @param size planned members
     * @param directory where logs go
     * @param settings of all nodes, by their environment names
     */
    public static ProcessCluster of(int size, Path directory, Map<String, String> settings) {
        return of(size, directory, settings, List.of());
    }

    /**
     * As {@link #of(int, Path, Map)}.
     *
     * @param arguments of the start script
     */
    public static ProcessCluster of(int size, Path directory, Map<String, String> settings, List<String> arguments) {
        List<NodePorts> ports = NodePorts.reserve(size);
        String members = ports.stream().map(p -> "127.0.0.1:" + p.member()).collect(Collectors.joining(","));
        List<String> command = new ArrayList<>();
        command.add(BrokerProcess.home().resolve("broker-node/bin/rejoin-node").toString());
        command.addAll(arguments);
        List<BrokerProcess> nodes = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            NodePorts p = ports.get(i);
            Map<String, String> environment = new TreeMap<>(settings);
            environment.put("REJOIN_NODE_NAME", "n" + (i + 1));
            environment.put("REJOIN_CLIENT_PORT", Integer.toString(p.client()));
            environment.put("REJOIN_API_PORT", Integer.toString(p.api()));
            environment.put("REJOIN_OPS_PORT", Integer.toString(p.ops()));
            environment.put("REJOIN_CLUSTER_BIND", "127.0.0.1:" + p.member());
            environment.put("REJOIN_CLUSTER_BUS", "127.0.0.1:" + p.bus());
            environment.put("REJOIN_CLUSTER_MEMBERS", members);
            environment.putIfAbsent("REJOIN_AUTH_MODE", "anonymous");
            nodes.add(new BrokerProcess("n" + (i + 1), p, command, directory, environment));
        }
        return new ProcessCluster(List.copyOf(nodes));
    }

    /** Starts all nodes at once and waits until each is ready. */
    public void start(Duration limit) {
        nodes.forEach(BrokerProcess::start);
        nodes.forEach(node -> node.awaitReady(limit));
    }

    /** The nodes. */
    public List<BrokerProcess> nodes() {
        return nodes;
    }

    /** Where clients reach the nodes. */
    public List<Endpoint> endpoints() {
        return nodes.stream()
                .map(node -> new Endpoint(node.name(), "127.0.0.1", node.ports().client()))
                .toList();
    }

    /** Ends all nodes, however they are. */
    @Override
    public void close() {
        nodes.forEach(BrokerProcess::close);
    }
}
