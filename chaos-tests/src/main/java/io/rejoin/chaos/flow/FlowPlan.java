package io.rejoin.chaos.flow;

import java.util.Arrays;
import java.util.List;

/**
 * How large a run is.
 *
 * <p>Threading: immutable.
 *
 * @param seed of every choice
 * @param shows their names; empty for all
 * @param pairs phases without and with those that misbehave, in turn
 * @param phaseMegabytes what goes through the room in each phase
 * @param stuck members that do not read
 * @param healthy members that read all
 * @param ephemeralMillis how long each phase of an ephemeral room lasts
 * @param floodMillis how long each flood and each quiet phase lasts
 * @param joins of all floods of joins together
 * @param followSeconds how long a throttled member follows
 */
public record FlowPlan(
        long seed,
        List<String> shows,
        int pairs,
        int phaseMegabytes,
        int stuck,
        int healthy,
        int ephemeralMillis,
        int floodMillis,
        int joins,
        int followSeconds) {

    /** A run that says something within a minute. */
    private static final FlowPlan SMALL = new FlowPlan(
            0, List.of("stuck-members", "conflated", "ephemeral", "throttled"), 5, 16, 200, 20, 800, 600, 10_000, 4);
    /** A run of some minutes, with the sizes that are promised. */
    private static final FlowPlan LARGE = new FlowPlan(0, List.of(), 15, 24, 200, 20, 3_000, 3_000, 100_000, 30);

    /**
     * The plan that system properties describe: {@code flow.size} ({@code small} or {@code large}), {@code flow.seed}, {@code
     * flow.shows} (names, separated by commas), {@code flow.pairs}, {@code flow.megabytes}, {@code flow.stuck}, {@code flow.healthy},
     * {@code
     * flow.ephemeral-millis}, {@code flow.flood-millis}, {@code flow.joins} and {@code flow.follow-seconds}.
     */
    public static FlowPlan fromProperties() {
        FlowPlan size = size(System.getProperty("flow.size", "small"));
        return new FlowPlan(
                Long.getLong("flow.seed", System.nanoTime() & 0xffffff),
                Arrays.stream(System.getProperty("flow.shows", String.join(",", size.shows))
                                .split(",", -1))
                        .filter(name -> !name.isEmpty())
                        .toList(),
                Integer.getInteger("flow.pairs", size.pairs),
                Integer.getInteger("flow.megabytes", size.phaseMegabytes),
                Integer.getInteger("flow.stuck", size.stuck),
                Integer.getInteger("flow.healthy", size.healthy),
                Integer.getInteger("flow.ephemeral-millis", size.ephemeralMillis),
                Integer.getInteger("flow.flood-millis", size.floodMillis),
                Integer.getInteger("flow.joins", size.joins),
                Integer.getInteger("flow.follow-seconds", size.followSeconds));
    }

    private static FlowPlan size(String name) {
        return switch (name) {
            case "small" -> SMALL;
            case "large" -> LARGE;
            default -> throw new IllegalArgumentException("flow.size=" + name + " (expected: small or large)");
        };
    }
}
