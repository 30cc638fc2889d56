package io.rejoin.chaos.net;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What faults are made of, which a kernel, its tools or the rights of a run may not offer. */
public enum Facility {
    /** {@code kill -STOP} and {@code -CONT}. */
    SIGNALS {
        @Override
        void tryOut(Network network, String node) {
            Commands.run("kill", "-CONT", Long.toString(ProcessHandle.current().pid()));
        }
    },

    /** Packets dropped by address and port. */
    DROP {
        @Override
        void tryOut(Network network, String node) {
            network.breakLinks(List.of(anything(network, node, 1))).close();
        }
    },

    /** A share of packets lost. */
    LOSS {
        @Override
        void tryOut(Network network, String node) {
            network.breakLinks(List.of(anything(network, node, 0.5))).close();
        }
    },

    /** A link with a rate. */
    SLOW_LINK {
        @Override
        void tryOut(Network network, String node) {
            network.slow(node, 1_000_000).close();
        }
    };

    private static final int UNUSED_PORT = 9;

    /**
     * Tries each one in a network.
     *
     * @return why it cannot be used, empty when it can
     */
    public static Map<Facility, String> probe(Network network) {
        Map<Facility, String> outcome = new EnumMap<>(Facility.class);
        for (Facility facility : values()) {
            try {
                facility.tryOut(network, network.nodes().get(0));
                outcome.put(facility, "");
            } catch (RuntimeException e) {
                outcome.put(facility, String.valueOf(e.getMessage()));
            }
        }
        return outcome;
    }

    /** Uses it once, and leaves nothing behind. */
    abstract void tryOut(Network network, String node);

    private static Rule anything(Network network, String node, double share) {
        return new Rule(node, Rule.Direction.BOTH, List.of(network.ownAddress()), UNUSED_PORT, share);
    }
}
