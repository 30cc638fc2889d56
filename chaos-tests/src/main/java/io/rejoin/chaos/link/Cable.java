package io.rejoin.chaos.link;

import io.rejoin.chaos.net.Commands;
import java.util.ArrayList;
import java.util.List;

/**
 * A network namespace with one cable to this machine, which can be pulled in either direction: packets are dropped, and neither end is
 * told. Made with {@code ip} and {@code iptables}, which need root.
 *
 * <p>Threading: one thread.
 */
public final class Cable implements AutoCloseable {

    private final String namespace;
    private final String host;

    /** Which packets are lost. */
    public enum Pull {
        /** From the client to the nodes. */
        UPWARD,
        /** From the nodes to the client. */
        DOWNWARD,
        /** All. */
        BOTH;

        private List<String> chains() {
            return switch (this) {
                case UPWARD -> List.of("OUTPUT");
                case DOWNWARD -> List.of("INPUT");
                case BOTH -> List.of("OUTPUT", "INPUT");
            };
        }
    }

    private Cable(String namespace, String host) {
        this.namespace = namespace;
        this.host = host;
    }

    /**
     * Lays a cable.
     *
     * @throws IllegalStateException when this is not root, or a command is missing or fails; the message has its words
     */
    public static Cable lay() {
        // Process ids are below 2^22: names and networks of two runs at once are not the same.
        long id = ProcessHandle.current().pid();
        String net = "10.23" + ((id >> 14) & 7) + "." + ((id >> 6) & 0xff) + ".";
        long first = (id & 0x3f) << 2;
        String outside = "rjo" + id;
        String inside = "rji" + id;
        Cable cable = new Cable("rejoin-" + id, net + (first + 1));
        try {
            Commands.run("ip", "netns", "add", cable.namespace);
            Commands.run(
                    "ip", "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", cable.namespace);
            Commands.run("ip", "address", "add", cable.host + "/30", "dev", outside);
            Commands.run("ip", "link", "set", outside, "up");
            Commands.run("ip", "-n", cable.namespace, "address", "add", net + (first + 2) + "/30", "dev", inside);
            Commands.run("ip", "-n", cable.namespace, "link", "set", inside, "up");
            Commands.run("ip", "-n", cable.namespace, "link", "set", "lo", "up");
        } catch (IllegalStateException e) {
            cable.removeQuietly(e);
            throw e;
        }
        return cable;
    }

    /** Address of this machine, seen from the other end. */
    public String host() {
        return host;
    }

    /** A command, to be run at the other end. */
    public List<String> at(List<String> command) {
        List<String> there = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        there.addAll(command);
        return there;
    }

    /** Loses all packets of a direction from now on. */
    public void pull(Pull pull) {
        for (String chain : pull.chains()) {
            Commands.run("ip", "netns", "exec", namespace, "iptables", "--wait", "--append", chain, "--jump", "DROP");
        }
    }

    /** Loses nothing from now on. */
    public void plug() {
        Commands.run("ip", "netns", "exec", namespace, "iptables", "--wait", "--flush");
    }

    /** Takes it away, with the namespace. */
    @Override
    public void close() {
        Commands.run("ip", "netns", "delete", namespace);
    }

    private void removeQuietly(IllegalStateException reason) {
        try {
            close();
        } catch (IllegalStateException e) {
            reason.addSuppressed(e);
        }
    }
}
