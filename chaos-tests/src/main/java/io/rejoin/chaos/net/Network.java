package io.rejoin.chaos.net;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bridge, and for each node a namespace that hangs on it with an address of its own. The run has one end of the bridge itself: an
 * address from which it asks nodes how they are, which no fault cuts off, and one for each group of clients. So links between nodes
 * and links of clients fail independently, by address.
 *
 * <p>Faults are rules inside the node's namespace; nothing outside the run's own namespaces is touched. Made with {@code ip}, {@code
 * tc} and {@code iptables}, which need root.
 *
 * <p>Threading: thread-safe by a lock.
 */
public final class Network implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Network.class);
    private static final int SUBNETS = 2_048;
    private static final int FIRST_NODE = 11;
    private static final int FIRST_GROUP = 101;

    private final String id;
    private final String bridge;
    private final String net;
    private final Map<String, String> addresses = new LinkedHashMap<>();
    private final List<String> groups;
    private final Map<Integer, Broken> faults = new TreeMap<>();
    private int made;
    private boolean closed;

    private Network(String net, int groups) {
        this.id = Long.toString(ProcessHandle.current().pid());
        this.bridge = "rjb" + id;
        this.net = net;
        this.groups = IntStream.range(0, groups)
                .mapToObj(group -> net + (FIRST_GROUP + group))
                .toList();
    }

    /**
     * Makes a network.
     *
     * @param nodes names of the nodes, each at most 4 characters
     * @param groups of clients
     * @throws IllegalStateException when this is not root, or a command is missing or fails; then nothing is left behind
     */
    public static Network make(List<String> nodes, int groups) {
        Network network = new Network(freeNet(), groups);
        try {
            network.lay(nodes);
        } catch (RuntimeException e) {
            network.removeQuietly(e);
            throw e;
        }
        return network;
    }

    /** Address of a node. */
    public String address(String node) {
        String address = addresses.get(node);
        if (address == null) {
            throw new IllegalArgumentException("node=" + node + " (expected: one of " + addresses.keySet() + ")");
        }
        return address;
    }

    /** Names of the nodes that there may be. */
    public List<String> nodes() {
        return List.copyOf(addresses.keySet());
    }

    /** The run's own address: what passes between it and the nodes is none of a fault's business. */
    public String ownAddress() {
        return net + 1;
    }

    /** Addresses of the groups of clients. */
    public List<String> groups() {
        return groups;
    }

    /** A command, to be run where a node is. */
    public List<String> at(String node, List<String> command) {
        List<String> there = new ArrayList<>(List.of("ip", "netns", "exec", namespace(node)));
        there.addAll(command);
        return there;
    }

    /** Breaks links until what is returned is closed. */
    public synchronized Fault breakLinks(List<Rule> rules) {
        Broken broken = new Broken("filter", List.of("INPUT", "OUTPUT"));
        for (String node : rules.stream().map(Rule::node).distinct().toList()) {
            StringBuilder lines = new StringBuilder();
            rules.stream()
                    .filter(rule -> rule.node().equals(node))
                    .forEach(rule -> rule.append(broken.chain("INPUT"), broken.chain("OUTPUT"), lines));
            broken.apply(node, lines.toString());
        }
        return broken;
    }

    /** Sends new connections to the run's own address until what is returned is closed; those that exist stay. */
    public synchronized Fault redirect(List<Redirect> redirects) {
        Broken broken = new Broken("nat", List.of("OUTPUT"));
        for (String node : redirects.stream().map(Redirect::node).distinct().toList()) {
            StringBuilder lines = new StringBuilder();
            redirects.stream()
                    .filter(redirect -> redirect.node().equals(node))
                    .forEach(redirect -> lines.append("-A ")
                            .append(broken.chain("OUTPUT"))
                            .append(" -p tcp -d ")
                            .append(redirect.peer())
                            .append(" --dport ")
                            .append(redirect.port())
                            .append(" -j DNAT --to-destination ")
                            .append(ownAddress())
                            .append(':')
                            .append(redirect.ownPort())
                            .append('\n'));
            broken.apply(node, lines.toString());
        }
        return broken;
    }

    /** Makes all that leaves a node slow until what is returned is closed. */
    public synchronized Fault slow(String node, int kilobitsPerSecond) {
        List<String> device = List.of("tc", "qdisc", "replace", "dev", inside(node), "root");
        List<String> shape = new ArrayList<>(device);
        shape.addAll(List.of("tbf", "rate", kilobitsPerSecond + "kbit", "burst", "16kb", "latency", "400ms"));
        Commands.run(at(node, shape), "");
        return () -> Commands.run(at(node, List.of("tc", "qdisc", "del", "dev", inside(node), "root")), "");
    }

    /** Heals all links that are broken still. */
    public synchronized void heal() {
        List.copyOf(faults.values()).forEach(Broken::close);
    }

    /** Takes all of it away. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        List<String> failures = new ArrayList<>();
        for (String node : addresses.keySet()) {
            attempt(failures, "ip", "netns", "delete", namespace(node));
        }
        attempt(failures, "ip", "link", "delete", bridge);
        if (!failures.isEmpty()) {
            throw new IllegalStateException("not taken away: " + failures);
        }
    }

    private void lay(List<String> nodes) {
        Commands.run("ip", "link", "add", bridge, "type", "bridge");
        Commands.run("ip", "address", "add", ownAddress() + "/24", "dev", bridge);
        for (String group : groups) {
            Commands.run("ip", "address", "add", group + "/24", "dev", bridge);
        }
        Commands.run("ip", "link", "set", bridge, "up");
        for (String node : nodes) {
            String outside = "rj" + node + "-" + id;
            addresses.put(node, net + (FIRST_NODE + addresses.size()));
            Commands.run("ip", "netns", "add", namespace(node));
            Commands.run(
                    "ip",
                    "link",
                    "add",
                    outside,
                    "type",
                    "veth",
                    "peer",
                    "name",
                    inside(node),
                    "netns",
                    namespace(node));
            Commands.run("ip", "link", "set", outside, "master", bridge, "up");
            Commands.run("ip", "-n", namespace(node), "address", "add", address(node) + "/24", "dev", inside(node));
            Commands.run("ip", "-n", namespace(node), "link", "set", inside(node), "up");
            Commands.run("ip", "-n", namespace(node), "link", "set", "lo", "up");
        }
    }

    private void removeQuietly(RuntimeException reason) {
        try {
            close();
        } catch (IllegalStateException e) {
            reason.addSuppressed(e);
        }
    }

    private static void attempt(List<String> failures, String... command) {
        try {
            Commands.run(command);
        } catch (IllegalStateException e) {
            LOG.warn("network not taken away cause={}", e.toString());
            failures.add(String.valueOf(e.getMessage()));
        }
    }

    private String namespace(String node) {
        return "rejoin-" + id + "-" + node;
    }

    private String inside(String node) {
        return "rj" + node + "i";
    }

    /** A network that no other run on this machine has. */
    private static String freeNet() {
        long start = ProcessHandle.current().pid();
        for (int i = 0; i < SUBNETS; i++) {
            long subnet = (start + i) % SUBNETS;
            String net = "10." + (240 + subnet / 256) + "." + subnet % 256 + ".";
            try {
                if (NetworkInterface.getByInetAddress(InetAddress.getByName(net + 1)) == null) {
                    return net;
                }
            } catch (SocketException | UnknownHostException e) {
                throw new IllegalStateException("cannot look at the addresses of this machine", e);
            }
        }
        throw new IllegalStateException("networks 10.240.0.0/24 to 10.247.255.0/24 are all taken (expected: one free)");
    }

    /** Something that is not as it should be, until closed. */
    public interface Fault extends AutoCloseable {

        /** Heals exactly this. */
        @Override
        void close();
    }

    /** Rules in chains of their own. */
    private final class Broken implements Fault {

        private final int fault = ++made;
        private final String table;
        private final List<String> hooks;
        private final List<String> nodes = new ArrayList<>();

        Broken(String table, List<String> hooks) {
            this.table = table;
            this.hooks = hooks;
            faults.put(fault, this);
        }

        String chain(String hook) {
            return "fault" + fault + '-' + hook;
        }

        /** All lines take effect at once. */
        void apply(String node, String rules) {
            StringBuilder lines = new StringBuilder();
            hooks.forEach(hook -> lines.append(':').append(chain(hook)).append(" - [0:0]\n"));
            lines.append(rules);
            hooks.forEach(hook -> lines.append("-I " + hook + " -j " + chain(hook) + '\n'));
            restore(node, lines);
            nodes.add(node);
        }

        @Override
        public void close() {
            synchronized (Network.this) {
                if (faults.remove(fault) == null || closed) {
                    return;
                }
                StringBuilder lines = new StringBuilder();
                hooks.forEach(hook -> lines.append("-D " + hook + " -j " + chain(hook) + '\n'));
                hooks.forEach(hook -> lines.append("-F " + chain(hook) + "\n-X " + chain(hook) + '\n'));
                nodes.forEach(node -> restore(node, lines));
            }
        }

        private void restore(String node, CharSequence lines) {
            Commands.run(
                    at(node, List.of("iptables-restore", "--wait", "--noflush")),
                    '*' + table + '\n' + lines + "COMMIT\n");
        }
    }
}
