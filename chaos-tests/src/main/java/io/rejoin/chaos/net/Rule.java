package io.rejoin.chaos.net;

import java.util.List;
import java.util.Locale;

/**
 * Packets that do not pass at one node.
 *
 * <p>Threading: immutable.
 *
 * @param node where
 * @param direction seen from the node
 * @param peers addresses at the other end; empty for any
 * @param port of either end; 0 for any
 * @param share of the packets, above 0; 1 for all
 * @param fate what becomes of them
 */
public record Rule(String node, Direction direction, List<String> peers, int port, double share, Fate fate) {

    /** What becomes of packets. */
    public enum Fate {
        /** Nobody is told. */
        DROP,
        /** Their connection is reset, for whoever sent them; other packets than those of TCP pass. */
        RESET
    }

    /** Seen from the node. */
    public enum Direction {
        /** What arrives. */
        IN,
        /** What leaves. */
        OUT,
        /** All. */
        BOTH
    }

    /** Copies the peers. */
    public Rule {
        peers = List.copyOf(peers);
        if (share <= 0 || share > 1) {
            throw new IllegalArgumentException("share=" + share + " (expected: above 0, at most 1)");
        }
    }

    /** All packets between a node and some addresses. */
    public static Rule all(String node, Direction direction, List<String> peers) {
        return new Rule(node, direction, peers, 0, 1, Fate.DROP);
    }

    /** The same on one port only. */
    public Rule onPort(int newPort) {
        return new Rule(node, direction, peers, newPort, share, fate);
    }

    /** The same for a share of the packets. */
    public Rule ofShare(double newShare) {
        return new Rule(node, direction, peers, port, newShare, fate);
    }

    /** The same, but connections are reset. */
    public Rule resetting() {
        return new Rule(node, direction, peers, port, share, Fate.RESET);
    }

    /** Lines for {@code iptables-restore} that append the rule to the chains of a fault. */
    void append(String chainIn, String chainOut, StringBuilder lines) {
        if (direction != Direction.OUT) {
            appendTo(chainIn, "-s", lines);
        }
        if (direction != Direction.IN) {
            appendTo(chainOut, "-d", lines);
        }
    }

    private void appendTo(String chain, String side, StringBuilder lines) {
        String tcp = fate == Fate.RESET || port != 0 ? " -p tcp" : "";
        List<String> ports = port == 0 ? List.of(tcp) : List.of(tcp + " --sport " + port, tcp + " --dport " + port);
        String target = fate == Fate.RESET ? " -j REJECT --reject-with tcp-reset\n" : " -j DROP\n";
        List<String> ends = peers.isEmpty()
                ? List.of("")
                : peers.stream().map(peer -> ' ' + side + ' ' + peer).toList();
        String chance = share == 1
                ? ""
                : " -m statistic --mode random --probability " + String.format(Locale.ROOT, "%.4f", share);
        for (String end : ends) {
            for (String ofPort : ports) {
                lines.append("-A ").append(chain).append(end).append(ofPort).append(chance);
                lines.append(target);
            }
        }
    }
}
