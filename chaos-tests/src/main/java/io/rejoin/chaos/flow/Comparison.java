package io.rejoin.chaos.flow;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/**
 * Compares the delays of phases without and with clients that misbehave. Two phases that follow each other give one ratio, so that
 * what lasts longer than both falls on both, and the median of the ratios counts. A pair that the machine disturbed has no say: what it
 * did is measured apart from delays, so no pair is left out because of its ratio.
 *
 * <p>Threading: one thread. Limits: as many pairs as are wanted, and up to twice as many while too few of them are quiet. When less
 * than half of what is wanted was quiet even then, all of them are judged, and the name of the figure says so.
 */
final class Comparison {

    /** What the 99th percentile may be with those who misbehave, as a multiple of what it is without. */
    private static final double MOST_RATIO = 2;

    /** By which two phases may differ in the share of the processors that others had: what is steady falls on both. */
    private static final double MOST_CHANGE = 0.25;

    private static final long MOST_STALL_MS = 10;
    private static final int MOST_TRIES = 2;

    private final int wanted;
    private final List<Pair> pairs = new ArrayList<>();

    /**
     * One phase.
     *
     * @param delays in microseconds
     * @param machine what the machine did besides
     */
    record Phase(Histogram delays, MachineWatch.Reading machine) {

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.1f", Delays.p99(delays) / 1e3);
        }
    }

    private record Pair(Phase without, Phase with) {

        double ratio(ToLongFunction<Histogram> value) {
            return (double) value.applyAsLong(with.delays()) / Math.max(1, value.applyAsLong(without.delays()));
        }

        boolean isQuiet() {
            double change =
                    Math.abs(with.machine().foreign() - without.machine().foreign());
            long stall =
                    Math.max(with.machine().stallMillis(), without.machine().stallMillis());
            return change <= MOST_CHANGE && stall <= MOST_STALL_MS;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, isQuiet() ? "%.2f" : "(%.2f)", ratio(Delays::p99));
        }
    }

    /**
     * Starts without pairs.
     *
     * @param wanted pairs, from 1
     */
    Comparison(int wanted) {
        this.wanted = wanted;
    }

    /** Whether pairs are missing that can still be had. */
    boolean wantsMore() {
        return quiet().size() < wanted && pairs.size() < MOST_TRIES * wanted;
    }

    /** Adds two phases that followed each other, in either order. */
    void add(Phase without, Phase with) {
        pairs.add(new Pair(without, with));
    }

    /**
     * Tells the phases and the median of the ratios.
     *
     * @param prefix of the names of all figures; may be empty
     * @param goodMillis a median of the 99th percentiles that is good whatever it is without; 0 for none
     */
    void tell(Report report, String show, String prefix, long goodMillis) {
        report.tell(show, prefix + "p99 without, ms, phase by phase", texts(pair -> pair.without));
        report.tell(show, prefix + "p99 with, ms, phase by phase", texts(pair -> pair.with));
        report.tell(show, prefix + "others' share and stalls without", texts(pair -> pair.without.machine()));
        report.tell(show, prefix + "others' share and stalls with", texts(pair -> pair.with.machine()));
        report.tell(show, prefix + "p99 ratios (disturbed)", pairs);
        List<Pair> quiet = quiet();
        boolean enough = quiet.size() >= (wanted + 1) / 2;
        List<Pair> judged = enough ? quiet : pairs;
        report.tell(show, prefix + "pairs that the machine did not disturb", quiet.size() + " of " + pairs.size());
        double ratio = median(judged, pair -> pair.ratio(Delays::p99));
        double micros = median(judged, pair -> Delays.p99(pair.with.delays()));
        report.tell(show, prefix + "p50 with : without", text(median(judged, pair -> pair.ratio(Delays::p50))));
        report.require(
                show,
                prefix + (enough ? "p99 with : without" : "p99 with : without, on a machine that is too busy to tell"),
                text(ratio),
                "<= " + MOST_RATIO + (goodMillis > 0 ? ", or p99 with below " + goodMillis + " ms" : ""),
                ratio <= MOST_RATIO || micros < goodMillis * 1e3);
    }

    private List<Pair> quiet() {
        return pairs.stream().filter(Pair::isQuiet).toList();
    }

    private static double median(List<Pair> judged, ToDoubleFunction<Pair> value) {
        double[] values = judged.stream().mapToDouble(value).sorted().toArray();
        int upper = values.length / 2;
        return (values[upper] + values[(values.length - 1) / 2]) / 2;
    }

    private List<String> texts(Function<Pair, Object> text) {
        return pairs.stream().map(pair -> text.apply(pair).toString()).toList();
    }

    private static String text(double ratio) {
        return String.format(Locale.ROOT, "%.2f", ratio);
    }
}
