package io.rejoin.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.ManualScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ReadBudgetTest {

    private final ManualScheduler scheduler = new ManualScheduler();
    private final ManualScheduler.Loop first = scheduler.newLoop();
    private final ManualScheduler.Loop second = scheduler.newLoop();
    private final ReadBudget budget =
            new ReadBudget(2, new TokenBucket(TokenBucket.Rate.perSecond(1_000, 1), scheduler));
    private final List<String> started = new ArrayList<>();
    private final List<ReadBudget.Permit> permits = new ArrayList<>();

    private void read(ManualScheduler.Loop loop, String name) {
        budget.take(loop, permit -> {
            assertThat(loop.isCurrent()).isTrue();
            started.add(name);
            permits.add(permit);
        });
    }

    @Test
    void letsOnlySoManyReadAtOnceInTheOrderOfTheirAsking() {
        read(first, "a");
        read(second, "b");
        read(second, "c");
        read(first, "d");
        scheduler.runAll();
        List<String> atOnce = List.copyOf(started);
        int waiting = budget.waiting();

        permits.get(1).giveBack(0);
        scheduler.runAll();
        List<String> afterOne = List.copyOf(started);
        permits.get(0).giveBack(0);
        scheduler.runAll();

        assertThat(atOnce).containsExactlyInAnyOrder("a", "b");
        assertThat(waiting).isEqualTo(2);
        assertThat(afterOne).endsWith("c").hasSize(3);
        assertThat(started).endsWith("d").hasSize(4);
        assertThat(budget.waiting()).isZero();
    }

    @Test
    void takesAPermitBackOnce() {
        IntStream.range(0, 4).forEach(i -> read(first, "r" + i));
        scheduler.runAll();

        permits.get(0).giveBack(0);
        permits.get(0).giveBack(0);
        scheduler.runAll();

        assertThat(started).hasSize(3);
    }

    @Test
    void letsTheNextOneReadAtOnceWhenAllWereGivenBack() {
        read(first, "a");
        read(first, "b");
        scheduler.runAll();
        permits.forEach(permit -> permit.giveBack(0));

        read(second, "c");
        read(second, "d");
        read(second, "e");
        scheduler.runAll();

        assertThat(started).containsExactly("a", "b", "c", "d");
    }

    @Test
    void letsTheNextOneReadOnceWhatWasReadIsPaidBack() {
        IntStream.range(0, 3).forEach(i -> read(first, "r" + i));
        scheduler.runAll();

        permits.get(0).giveBack(1_500);
        scheduler.advance(Duration.ofMillis(499));
        List<String> early = List.copyOf(started);
        scheduler.advance(Duration.ofMillis(1));

        assertThat(early).containsExactly("r0", "r1");
        assertThat(started).containsExactly("r0", "r1", "r2");
    }

    @Test
    void letsReadAtOnceWhatABurstHolds() {
        IntStream.range(0, 3).forEach(i -> read(first, "r" + i));
        scheduler.runAll();

        permits.get(0).giveBack(1_000);
        scheduler.runAll();

        assertThat(started).containsExactly("r0", "r1", "r2");
    }

    @Test
    void givesNoMoreThanTheRateOverTime() {
        for (int i = 0; i < 20; i++) {
            budget.take(first, permit -> {
                started.add("read");
                permit.giveBack(500);
            });
        }

        scheduler.advance(Duration.ofSeconds(3));

        // A burst of two, six in three seconds, and the two that are done at once.
        assertThat(started).hasSizeBetween(8, 10);
    }
}
