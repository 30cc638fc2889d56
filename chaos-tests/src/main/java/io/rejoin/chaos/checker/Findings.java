package io.rejoin.chaos.checker;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Collects counts and a bounded number of examples.
 *
 * <p>Threading: one thread.
 */
final class Findings {

    private static final int MAX_EXAMPLES = 32;

    private final String law;
    private final SortedMap<String, Long> counts = new TreeMap<>();
    private final List<String> examples = new ArrayList<>();
    private Verdict.Result result = Verdict.Result.VALID;

    Findings(String law) {
        this.law = law;
    }

    void count(String name) {
        counts.merge(name, 1L, Long::sum);
    }

    void count(String name, long n) {
        counts.merge(name, n, Long::sum);
    }

    void broken(String name, String example) {
        note(Verdict.Result.INVALID, name, example);
    }

    void unclear(String name, String example) {
        note(Verdict.Result.UNKNOWN, name, example);
    }

    Verdict verdict() {
        return new Verdict(law, result, new TreeMap<>(counts), List.copyOf(examples));
    }

    private void note(Verdict.Result worse, String name, String example) {
        result = result.and(worse);
        count(name);
        if (examples.size() < MAX_EXAMPLES) {
            examples.add(name + ": " + example);
        }
    }
}
