package io.rejoin.testing;

import io.rejoin.flow.EventLoop;
import io.rejoin.flow.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Event loops and a clock that stand still until the test moves them: the same moves give the same run.
 *
 * <p>Threading: the test's thread plays every loop, one task at a time.
 */
public final class ManualScheduler implements Ticker, InstantSource {

    private static final int ENDLESS = 1_000_000;

    private final List<Loop> loops = new ArrayList<>();
    private final PriorityQueue<Timer> timers =
            new PriorityQueue<>(Comparator.comparingLong(Timer::due).thenComparingLong(Timer::order));
    private long nowMs = 1_000_000;
    private long order;
    private @Nullable Loop current;

    private record Timer(long due, long order, Runnable task) {}

    /** A loop whose tasks run when the test says so. */
    public final class Loop implements EventLoop {

        private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

        private Loop() {}

        @Override
        public void execute(Runnable task) {
            tasks.addLast(task);
        }

        @Override
        public boolean isCurrent() {
            return current == this;
        }

        @Override
        public Cancellation schedule(Duration delay, Runnable task) {
            boolean[] cancelled = {false};
            after(
                    delay.toMillis(),
                    () -> execute(() -> {
                        if (!cancelled[0]) {
                            task.run();
                        }
                    }));
            return () -> cancelled[0] = true;
        }

        /** Tasks that wait. */
        public int waiting() {
            return tasks.size();
        }

        /** Runs the oldest task; returns whether there was one. */
        public boolean runNext() {
            Runnable task = tasks.pollFirst();
            if (task == null) {
                return false;
            }
            Loop outer = current;
            current = this;
            try {
                task.run();
            } finally {
                current = outer;
            }
            return true;
        }
    }

    /** Adds a loop. */
    public Loop newLoop() {
        Loop loop = new Loop();
        loops.add(loop);
        return loop;
    }

    /** The loop whose task runs; {@code null} while the test itself does. */
    public @Nullable Loop current() {
        return current;
    }

    @Override
    public long millis() {
        return nowMs;
    }

    @Override
    public Instant instant() {
        return Instant.ofEpochMilli(nowMs);
    }

    /** Has something happen, on no loop, when the clock gets there. */
    public void after(long delayMs, Runnable task) {
        timers.add(new Timer(nowMs + delayMs, order++, task));
    }

    /** Moves the clock without running anything, as for a process that was stopped. */
    public void freeze(Duration time) {
        nowMs += time.toMillis();
    }

    /** Runs one task of a loop that the random source picks; returns whether there was one. */
    public boolean runOne(Random random) {
        List<Loop> busy = loops.stream().filter(loop -> loop.waiting() > 0).toList();
        return !busy.isEmpty() && busy.get(random.nextInt(busy.size())).runNext();
    }

    /** Runs tasks, loop after loop, until none waits. */
    public void runAll() {
        int ran = 0;
        boolean again = true;
        while (again) {
            again = false;
            for (int i = 0; i < loops.size(); i++) {
                again |= loops.get(i).runNext();
            }
            if (++ran > ENDLESS) {
                throw new AssertionError("tasks follow each other without end at " + nowMs + " ms");
            }
        }
    }

    /** Moves the clock and lets what is due by then happen; tasks of loops only wait. */
    public void tick(long millis) {
        nowMs += millis;
        for (Timer timer = timers.peek(); timer != null && timer.due() <= nowMs; timer = timers.peek()) {
            timers.remove();
            timer.task().run();
        }
    }

    /** Lets time pass, running each timer at its time and all tasks in between. */
    public void advance(Duration time) {
        long until = nowMs + time.toMillis();
        runAll();
        for (Timer timer = timers.peek(); timer != null && timer.due() <= until; timer = timers.peek()) {
            nowMs = Math.max(nowMs, timer.due());
            timers.remove();
            timer.task().run();
            runAll();
        }
        nowMs = Math.max(nowMs, until);
    }
}
