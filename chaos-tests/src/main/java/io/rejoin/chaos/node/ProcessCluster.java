package io.rejoin.chaos.node;

import io.rejoin.chaos.client.Endpoint;
import io.rejoin.chaos.net.Network;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Some nodes that know each other, each a process of its own: on 127.0.0.1, or each in its own namespace of a {@link Network}.
 *
 * <p>Threading: thread-safe as its nodes are.
 */
public final class ProcessCluster implements AutoCloseable {

    private static final String LOOPBACK = "127.0.0.1";

    private final List<BrokerProcess> nodes;
    private final List<BrokerProcess> spare;

    private ProcessCluster(List<BrokerProcess> nodes, List<BrokerProcess> spare) {
        this.nodes = nodes;
        this.spare = spare;
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
        String members = ports.stream().map(p -> LOOPBACK + ':' + p.member()).collect(Collectors.joining(","));
        List<String> command = new ArrayList<>(List.of(startScript()));
        command.addAll(arguments);
        List<BrokerProcess> nodes = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            nodes.add(node("n" + (i + 1), LOOPBACK, ports.get(i), members, command, directory, settings));
        }
        return new ProcessCluster(List.copyOf(nodes), List.of());
    }

    /**
     * Describes a cluster whose nodes each have an address of their own; nothing is started.
     *
     * @param network with at least as many nodes; those beyond are spare
     * @param size planned members
     * @param directory where logs go
     * @param settings of all nodes, by their environment names
     * @param arguments of the start script
     */
    public static ProcessCluster in(
            Network network, int size, Path directory, Map<String, String> settings, List<String> arguments) {
        List<String> planned = network.nodes().subList(0, size);
        String members = planned.stream().map(name -> member(network, name)).collect(Collectors.joining(","));
        List<BrokerProcess> all = new ArrayList<>();
        for (String name : network.nodes()) {
            String known = planned.contains(name) ? members : members + ',' + member(network, name);
            String host = network.address(name);
            Map<String, String> own = new TreeMap<>(settings);
            own.put("REJOIN_CLIENT_HOST", host);
            own.put("REJOIN_API_HOST", host);
            own.put("REJOIN_OPS_HOST", host);
            List<String> command = new ArrayList<>(network.at(name, List.of(startScript())));
            command.addAll(arguments);
            all.add(node(name, host, NodePorts.USUAL, known, command, directory, own));
        }
        return new ProcessCluster(List.copyOf(all.subList(0, size)), List.copyOf(all.subList(size, all.size())));
    }

    private static BrokerProcess node(
            String name,
            String host,
            NodePorts ports,
            String members,
            List<String> command,
            Path directory,
            Map<String, String> settings) {
        Map<String, String> environment = new TreeMap<>(settings);
        environment.put("REJOIN_NODE_NAME", name);
        environment.put("REJOIN_CLIENT_PORT", Integer.toString(ports.client()));
        environment.put("REJOIN_API_PORT", Integer.toString(ports.api()));
        environment.put("REJOIN_OPS_PORT", Integer.toString(ports.ops()));
        environment.put("REJOIN_CLUSTER_BIND", host + ':' + ports.member());
        environment.put("REJOIN_CLUSTER_BUS", host + ':' + ports.bus());
        environment.put("REJOIN_CLUSTER_MEMBERS", members);
        environment.putIfAbsent("REJOIN_AUTH_MODE", "anonymous");
        return new BrokerProcess(name, host, ports, command, directory, environment);
    }

    private static String startScript() {
        return BrokerProcess.home().resolve("broker-node/bin/rejoin-node").toString();
    }

    private static String member(Network network, String name) {
        return network.address(name) + ':' + NodePorts.USUAL.member();
    }

    /** Starts all nodes at once and waits until each is ready. */
    public void start(Duration limit) {
        nodes.forEach(BrokerProcess::start);
        nodes.forEach(node -> node.awaitReady(limit));
    }

    /** The planned nodes. */
    public List<BrokerProcess> nodes() {
        return nodes;
    }

    /** Nodes that are not planned and not started. */
    public List<BrokerProcess> spare() {
        return spare;
    }

    /** A node by its name, spare ones included. */
    public BrokerProcess node(String name) {
        return Stream.concat(nodes.stream(), spare.stream())
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("node=" + name + " (expected: one of the cluster)"));
    }

    /** Where clients reach the planned nodes. */
    public List<Endpoint> endpoints() {
        return nodes.stream().map(ProcessCluster::endpoint).toList();
    }

    /** Where clients reach a node. */
    public static Endpoint endpoint(BrokerProcess node) {
        return new Endpoint(node.name(), node.host(), node.ports().client());
    }

    /** Ends all nodes, however they are. */
    @Override
    public void close() {
        nodes.forEach(BrokerProcess::close);
        spare.forEach(BrokerProcess::close);
    }
}
