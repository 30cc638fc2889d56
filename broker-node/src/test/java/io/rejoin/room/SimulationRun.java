package io.rejoin.room;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * Runs simulated schedules one after the other until one breaks a promise, which it makes as small as it gets and prints.
 *
 * <p>System properties: {@code simulation.schedules} (how many), {@code simulation.seed} (of the first one; the next ones follow), {@code
 * simulation.minutes} (ends earlier then; 0 for no limit), {@code simulation.plant} (a bug, see {@link Plant}), {@code simulation.replay}
 * (a schedule as it was printed). Exit code 1 when a promise was broken.
 */
public final class SimulationRun {

    private static final int SHRINK_TRIES = 3_000;
    private static final int MOST_TEXT = 2_000;
    private static final long PROGRESS_MS = 30_000;
    private static final long NANOS_PER_MS = 1_000_000;

    private final Map<String, Long> happened = new TreeMap<>();
    private long schedules;

    private SimulationRun() {}

    /**
     * A broken promise.
     *
     * @param schedules run until then
     * @param smallest schedule that breaks it, as text
     * @param steps of that schedule
     */
    record Failure(long seed, long schedules, Violation violation, String smallest, int steps) {}

    /** Runs it. */
    public static void main(String[] args) {
        quiet();
        Plant.set(System.getProperty(Plant.PROPERTY, ""));
        String replay = System.getProperty("simulation.replay", "");
        if (!replay.isEmpty()) {
            System.exit(replay(Choices.parse(replay)));
        }
        long seed = Long.getLong("simulation.seed", 1);
        long most = Long.getLong("simulation.schedules", 100_000);
        long minutes = Long.getLong("simulation.minutes", 0);
        SimulationRun run = new SimulationRun();
        long startedAt = System.nanoTime();
        Failure failure = run.run(seed, most, minutes * 60_000, true);
        double seconds = (System.nanoTime() - startedAt) / 1e9;
        System.out.printf(
                "schedules=%d seed=%d seconds=%.1f per second=%.0f%n",
                run.schedules, seed, seconds, run.schedules / seconds);
        run.happened.forEach((what, count) -> System.out.println("  " + count + " " + what));
        System.exit(failure == null ? 0 : tell(failure));
    }

    /** Says less than a node would: what goes wrong here is meant to. */
    static void quiet() {
        ((Logger) LoggerFactory.getLogger("io.rejoin")).setLevel(Level.ERROR);
    }

    private static int tell(Failure failure) {
        System.out.println();
        System.out.println("violated: " + failure.violation().invariant());
        System.out.println("found in schedule " + failure.schedules() + ", seed " + failure.seed());
        replay(Choices.parse(failure.smallest()));
        System.out.println("seed again:     make simulation SIMULATION=\"-Dsimulation.seed=" + failure.seed()
                + " -Dsimulation.schedules=1" + plant() + "\"");
        return 1;
    }

    private static String plant() {
        String plant = System.getProperty(Plant.PROPERTY, "");
        return plant.isEmpty() ? "" : " -D" + Plant.PROPERTY + "=" + plant;
    }

    private static int replay(int[][] script) {
        System.out.println("minimal schedule, " + (script.length - 1) + " steps:");
        int[] step = {0};
        Violation violation =
                violationOf(Choices.replay(script), what -> System.out.println("  " + step[0]++ + ". " + what));
        System.out.println(violation == null ? "nothing is violated" : "  => " + violation.getMessage());
        if (violation != null && violation.getCause() != null) {
            violation.getCause().printStackTrace(System.out);
        }
        String text = Choices.text(script);
        if (text.length() < MOST_TEXT) {
            System.out.println(
                    "schedule again: make simulation SIMULATION=\"-Dsimulation.replay=" + text + plant() + "\"");
        }
        return violation == null ? 0 : 1;
    }

    static @Nullable Violation violationOf(Choices choices, java.util.function.@Nullable Consumer<String> trace) {
        try {
            new Simulation(choices, trace).run();
            return null;
        } catch (Violation broken) {
            return broken;
        }
    }

    /** Runs schedules; returns the first failure, already small, or null. */
    static @Nullable Failure find(long seed, long most, Map<String, Long> happened) {
        SimulationRun run = new SimulationRun();
        Failure failure = run.run(seed, most, 0, false);
        run.happened.forEach((what, count) -> happened.merge(what, count, Long::sum));
        return failure;
    }

    private @Nullable Failure run(long seed, long most, long limitMs, boolean aloud) {
        long startedAt = millis();
        long toldAt = startedAt;
        for (long i = 0; i < most && (limitMs == 0 || millis() - startedAt < limitMs); i++) {
            Choices choices = Choices.random(seed + i);
            Simulation simulation = new Simulation(choices, null);
            try {
                simulation.run();
            } catch (Violation broken) {
                schedules++;
                choices.calm();
                int[][] smallest = new Shrinker(
                                script -> violationOf(Choices.replay(script), null),
                                broken.invariant(),
                                choices.recorded(),
                                SHRINK_TRIES)
                        .shrink();
                return new Failure(seed + i, schedules, broken, Choices.text(smallest), smallest.length - 1);
            }
            schedules++;
            simulation.happened().forEach((what, count) -> happened.merge(what, count, Long::sum));
            if (aloud && millis() - toldAt > PROGRESS_MS) {
                toldAt = millis();
                System.out.println("schedules=" + schedules + " next seed=" + (seed + i + 1));
            }
        }
        return null;
    }

    private static long millis() {
        return System.nanoTime() / NANOS_PER_MS;
    }
}
