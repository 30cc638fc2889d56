package io.rejoin.chaos.flow;

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
}
