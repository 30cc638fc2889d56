package io.rejoin.room;

import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Makes a failing schedule as small as it gets in a bounded number of tries: takes steps out, then makes what is left plainer.
 *
 * <p>Threading: confined.
 */
final class Shrinker {

    private final Function<int[][], @Nullable Violation> run;
    private final String invariant;
    private int triesLeft;
    private int[][] best;

    /**
     * Begins with a schedule that fails.
     *
     * @param run tells what a schedule breaks, {@code null} for nothing
     * @param invariant that has to stay broken
     * @param tries most runs
     */
    Shrinker(Function<int[][], @Nullable Violation> run, String invariant, int[][] failing, int tries) {
        this.run = run;
        this.invariant = invariant;
        this.best = failing;
        this.triesLeft = tries;
    }

    /** The smallest failing schedule that was found. */
    int[][] shrink() {
        keepOnlyWhatStepsAre();
        boolean smaller = true;
        while (smaller && triesLeft > 0) {
            smaller = takeStepsOut();
            smaller |= emptyBlocks();
            smaller |= lowerChoices();
        }
        return best;
    }

    /** Lets go of what was decided within steps, such as delays, if it does not matter. */
    private void keepOnlyWhatStepsAre() {
        for (int keep = 0; keep < 6; keep++) {
            int most = keep;
            int[][] bare = Arrays.stream(best)
                    .map(block -> Arrays.copyOf(block, Math.min(block.length, most)))
                    .toArray(int[][]::new);
            bare[0] = best[0];
            if (fails(bare)) {
                return;
            }
        }
    }

    private boolean takeStepsOut() {
        boolean smaller = false;
        for (int length = Math.max(1, (best.length - 1) / 2); length > 0; length /= 2) {
            // From the end, because what comes late depends on what came early and not the other way round.
            for (int from = best.length - length; from >= 1; from -= length) {
                if (from + length <= best.length && fails(without(from, length))) {
                    smaller = true;
                }
            }
        }
        return smaller;
    }

    private int[][] without(int from, int length) {
        int[][] shorter = new int[best.length - length][];
        System.arraycopy(best, 0, shorter, 0, from);
        System.arraycopy(best, from + length, shorter, from, best.length - from - length);
        return shorter;
    }

    /** Cuts decisions off the end of blocks. */
    private boolean emptyBlocks() {
        boolean smaller = false;
        for (int block = 0; block < best.length; block++) {
            for (int keep = 0; keep < best[block].length; keep = keep < 6 ? keep + 1 : 2 * keep) {
                if (fails(with(block, Arrays.copyOf(best[block], keep)))) {
                    smaller = true;
                    break;
                }
            }
        }
        return smaller;
    }

    private boolean lowerChoices() {
        boolean smaller = false;
        for (int block = 0; block < best.length; block++) {
            for (int at = 0; at < best[block].length; at++) {
                smaller |= lower(block, at);
            }
        }
        return smaller;
    }

    private boolean lower(int block, int at) {
        boolean smaller = false;
        int value = best[block][at];
        for (int lower : new int[] {0, value / 2, value - 1}) {
            if (at < best[block].length && lower >= 0 && lower < best[block][at]) {
                int[] changed = best[block].clone();
                changed[at] = lower;
                smaller |= fails(with(block, changed));
            }
        }
        return smaller;
    }

    private int[][] with(int block, int[] choices) {
        int[][] changed = best.clone();
        changed[block] = choices;
        return changed;
    }

    private boolean fails(int[][] candidate) {
        if (triesLeft-- <= 0) {
            return false;
        }
        Violation broken = run.apply(candidate);
        if (broken == null || !broken.invariant().equals(invariant)) {
            return false;
        }
        best = candidate;
        return true;
    }
}
