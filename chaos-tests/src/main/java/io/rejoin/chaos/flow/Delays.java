package io.rejoin.chaos.flow;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/**
 * Times from sending a publication to reading it, phase by phase.
 *
 * <p>Threading: on the loop.
 */
final class Delays {

    private static final int DIGITS = 3;
    private static final long NANOS_PER_MICRO = 1_000;

    private Histogram phase = new Histogram(DIGITS);

    /** A publication was read now. */
    void onPublication(ServerFrame publication) {
        phase.recordValue(Math.max(0, (System.nanoTime() - publication.sentNanos) / NANOS_PER_MICRO));
    }

    /** Ends a phase: its delays in microseconds. */
    Histogram take() {
        Histogram taken = phase;
        phase = new Histogram(DIGITS);
        return taken;
    }

    static long p50(Histogram phase) {
        return phase.getValueAtPercentile(50);
    }

    static long p99(Histogram phase) {
        return phase.getValueAtPercentile(99);
    }

    /** The 99th percentiles of phases, in milliseconds. */
    static List<String> millis(List<Histogram> phases) {
        return phases.stream()
                .map(phase -> String.format(Locale.ROOT, "%.1f", p99(phase) / 1e3))
                .toList();
    }

    /** The median over phases: one that something else on the machine disturbed has no say. */
    static long median(List<Histogram> phases, ToLongFunction<Histogram> value) {
        long[] values = phases.stream().mapToLong(value).sorted().toArray();
        if (values.length == 0) {
            throw new IllegalArgumentException("no phases " + Arrays.toString(values) + " (expected: at least one)");
        }
        return values[values.length / 2];
    }
}
