package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ShrinkerTest {

    private static final int[][] LONG = {{3, 2}, {1}, {9, 4, 4}, {2, 2}, {7, 1, 8}, {5}, {6, 6}};

    private static @Nullable Violation sevenBehindNine(int[][] script) {
        int nine = first(script, 9);
        int seven = first(script, 7);
        return nine >= 0 && seven > nine ? new Violation("seven", Arrays.deepToString(script)) : null;
    }

    private static int first(int[][] script, int value) {
        for (int i = 1; i < script.length; i++) {
            if (script[i].length > 0 && script[i][0] == value) {
                return i;
            }
        }
        return -1;
    }

    @Test
    void leavesOnlyTheStepsThatMatter() {
        int[][] smallest = new Shrinker(ShrinkerTest::sevenBehindNine, "seven", LONG, 1_000).shrink();

        assertThat(smallest).isDeepEqualTo(new int[][] {{}, {9}, {7}});
    }

    @Test
    void lowersWhatMayBeLower() {
        int[][] smallest = new Shrinker(
                        script -> script.length > 1 && script[1].length > 1 && script[1][1] > 10
                                ? new Violation("large", "")
                                : null,
                        "large",
                        new int[][] {{}, {4, 60}},
                        1_000)
                .shrink();

        assertThat(smallest).isDeepEqualTo(new int[][] {{}, {0, 11}});
    }

    @Test
    void keepsToTheInvariantThatWasBroken() {
        int[][] smallest = new Shrinker(
                        script -> new Violation(script.length == LONG.length ? "first" : "other", ""),
                        "first",
                        LONG,
                        1_000)
                .shrink();

        assertThat(smallest).hasDimensions(LONG.length, 0);
    }

    @Test
    void endsAfterItsTries() {
        AtomicInteger runs = new AtomicInteger();

        new Shrinker(
                        script -> {
                            runs.incrementAndGet();
                            return new Violation("always", "");
                        },
                        "always",
                        LONG,
                        2)
                .shrink();

        assertThat(runs).hasValue(2);
    }
}
