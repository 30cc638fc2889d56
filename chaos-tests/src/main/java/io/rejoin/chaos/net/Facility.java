package io.rejoin.chaos.net;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** What faults are made of, which a kernel, its tools or the rights of a run may not offer. */
public enum Facility {
    /** {@code kill -STOP} and {@code -CONT}. */
    SIGNALS((network, node) ->
            Commands.run("kill", "-CONT", Long.toString(ProcessHandle.current().pid()))),

    /** Packets dropped by address and port. */
    DROP((network, node) -> network.breakLinks(
                    List.of(new Rule(node, Rule.Direction.BOTH, List.of(network.ownAddress()), 9, 1)))
            .close()),

    /** A share of packets lost. */
    LOSS((network, node) -> network.breakLinks(
                    List.of(new Rule(node, Rule.Direction.BOTH, List.of(network.ownAddress()), 9, 0.5)))
            .close()),

    /** A link with a rate. */
    SLOW_LINK((network, node) -> network.slow(node, 1_000_000).close());

    private final BiConsumer<Network, String> probe;

    Facility(Probe probe) {
        this.probe = (network, node) -> {
            try {
                probe.apply(network, node);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        };
    }

    /**
     * Tries each one in a network.
     *
     * @return why it cannot be used, empty when it can
     */
    public static Map<Facility, String> probe(Network network) {
        Map<Facility, String> outcome = new EnumMap<>(Facility.class);
        String node = network.nodes().get(0);
        for (Facility facility : values()) {
            try {
                facility.probe.accept(network, node);
                outcome.put(facility, "");
            } catch (RuntimeException e) {
                outcome.put(facility, String.valueOf(e.getMessage()));
            }
        }
        return outcome;
    }

    /** Uses it once, and leaves nothing behind. */
    private interface Probe {
        void apply(Network network, String node) throws Exception;
    }
}
