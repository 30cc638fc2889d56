package io.rejoin.flow;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class TailBudgetTest {

    private long now = 10_000;
    private final TailBudget budget = new TailBudget(1_000, () -> now);
    private final List<String> emptied = new ArrayList<>();

    /** A tail that holds a newest frame of 10 bytes and older ones. */
    private final class FakeTail implements TailBudget.Tail {
        private final String name;
        private long lastUsed;
        private long bytes;

        FakeTail(String name) {
            this.name = name;
            budget.register(this);
        }

        FakeTail grow(long by) {
            lastUsed = now;
            bytes += by;
            budget.add(by);
            return this;
        }

        @Override
        public long lastUsed() {
            return lastUsed;
        }

        @Override
        public void empty(boolean allButNewest) {
            emptied.add(name + (allButNewest ? " but newest" : ""));
            long left = allButNewest ? 10 : 0;
            budget.add(left - bytes);
            bytes = left;
        }
    }

    private FakeTail tail(String name, long bytes) {
        return new FakeTail(name).grow(bytes);
    }

    @Test
    void emptiesNothingUpToItsLimit() {
        tail("a", 1_000);
        now += 60_000;

        budget.trim();

        assertThat(emptied).isEmpty();
    }

    @Test
    void emptiesTheTailsThatWereNotUsedForTheLongestUntilATenthIsFree() {
        FakeTail oldButUsed = tail("old but used", 300);
        now += 5_000;
        tail("older", 60);
        now += 5_000;
        tail("old", 60);
        now += 5_000;
        tail("new", 560);
        oldButUsed.grow(21);

        budget.trim();

        assertThat(emptied).containsExactly("older", "old");
        assertThat(budget.used()).isEqualTo(881);
        assertThat(budget.emptied()).isEqualTo(2);
    }

    @Test
    void leavesTheNewestFrameOfATailInUse() {
        tail("a", 600);
        now += 1;
        tail("b", 600);

        budget.trim();

        assertThat(emptied).containsExactly("a but newest");
        assertThat(budget.used()).isEqualTo(610);
    }

    @Test
    void goesThroughTheTailsAgainOnlyOnceThereIsMoreWhenEmptyingWasNotEnough() {
        for (int i = 0; i < 120; i++) {
            tail("t" + i, 10);
        }
        budget.trim();
        emptied.clear();

        FakeTail growing = tail("growing", 50);
        budget.trim();
        List<String> below = List.copyOf(emptied);
        growing.grow(51);
        budget.trim();

        assertThat(below).isEmpty();
        assertThat(emptied).contains("growing but newest");
    }

    @Test
    void forgetsATailThatWasCountedOut() {
        FakeTail gone = tail("gone", 100);
        gone.empty(false);
        budget.unregister(gone);
        emptied.clear();
        now += 5_000;
        tail("a", 1_001);

        budget.trim();

        assertThat(emptied).containsExactly("a but newest");
    }

    @Test
    void countsRightWhenManyThreadsAppendAndEmptyAtOnce() throws InterruptedException {
        TailBudget shared = new TailBudget(10_000, () -> 0);
        List<LockedTail> tails = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        CountDownLatch start = new CountDownLatch(1);
        for (int t = 0; t < 4; t++) {
            LockedTail tail = new LockedTail(shared);
            tails.add(tail);
            threads.add(new Thread(() -> {
                await(start);
                for (int i = 0; i < 50_000; i++) {
                    tail.append(10);
                    shared.trim();
                }
            }));
        }
        threads.forEach(Thread::start);
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(shared.used())
                .isEqualTo(tails.stream().mapToLong(tail -> tail.bytes).sum());
        assertThat(shared.emptied()).isPositive();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Like a room's tail: one lock over its bytes. */
    private static final class LockedTail implements TailBudget.Tail {
        private final TailBudget shared;
        private final AtomicInteger emptied = new AtomicInteger();
        private long bytes;

        LockedTail(TailBudget shared) {
            this.shared = shared;
            shared.register(this);
        }

        synchronized void append(long size) {
            bytes += size;
            shared.add(size);
        }

        @Override
        public long lastUsed() {
            return emptied.get();
        }

        @Override
        public synchronized void empty(boolean allButNewest) {
            emptied.incrementAndGet();
            shared.add(-bytes);
            bytes = 0;
        }
    }
}
