package io.rejoin.chaos.net;

import java.time.Duration;
import java.util.ArrayList;
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
    },

    /** Connections reset, and new ones sent elsewhere. */
    REDIRECT {
        @Override
        void tryOut(Network network, String node) {
            network.breakLinks(List.of(anything(network, node, 1).resetting())).close();
            network.redirect(List.of(new Redirect(node, network.ownAddress(), UNUSED_PORT, UNUSED_PORT)))
                    .close();
        }
    },

    /** A process whose clock is wrong. */
    CLOCK {
        @Override
        void tryOut(Network network, String node) {
            List<String> command = new ArrayList<>(List.of("env"));
            FakeClock.environment(Duration.ofDays(-10_000)).forEach((name, value) -> command.add(name + '=' + value));
            command.addAll(List.of("sh", "-c", "test $(date +%Y) -lt 2010"));
            Commands.run(command, "");
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
        return Rule.all(node, Rule.Direction.BOTH, List.of(network.ownAddress()))
                .onPort(UNUSED_PORT)
                .ofShare(share);
    }
}
