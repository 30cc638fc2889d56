package io.rejoin.chaos.report;

import java.util.List;

/** Percentiles of few numbers; for many there are histograms. */
final class Percentiles {

    private Percentiles() {}

    /** The least of the numbers that so many percent of them do not exceed; 0 when there are none. */
    static long of(List<Long> numbers, double percent) {
        if (numbers.isEmpty()) {
            return 0;
        }
        List<Long> sorted = numbers.stream().sorted().toList();
        int rank = (int) Math.ceil(percent / 100 * sorted.size());
        return sorted.get(Math.max(0, rank - 1));
    }
}
