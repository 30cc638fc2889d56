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
import java.util.function.LongSupplier;
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
    private LongSupplier jitter = () -> 0;
    private int loopsMade;

    private record Timer(long due, long order, Runnable task) {}

    /** A loop whose tasks run when the test says so. */
    public final class Loop implements EventLoop {

        private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
        private final int number = ++loopsMade;
        private int holds;
        private boolean ended;

        private Loop() {}

        @Override
        public void execute(Runnable task) {
            if (ended) {
                return;
            }
            boolean wasIdle = tasks.isEmpty() && holds == 0 && current != this;
            tasks.addLast(task);
            long lateMs = wasIdle ? jitter.getAsLong() : 0;
            if (lateMs > 0) {
                hold();
                after(lateMs, this::release);
            }
        }

        /** Runs nothing until {@link #release} was called as often. */
        public void hold() {
            holds++;
        }

        /** Goes on after a {@link #hold}. */
        public void release() {
            holds--;
        }

        /** Runs nothing any more, whatever it is given, as a loop of a process that was killed. */
        public void end() {
            ended = true;
            tasks.clear();
            loops.remove(this);
        }

        /** The same in every run, so that maps of loops are walked in the same order. */
        @Override
        public int hashCode() {
            return number;
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

        private boolean isReady() {
            return holds == 0 && !tasks.isEmpty();
        }

        /** Runs the oldest task; returns whether there was one, and nothing held it. */
        public boolean runNext() {
            Runnable task = isReady() ? tasks.pollFirst() : null;
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

    /** From now on a loop that had nothing to do begins so many milliseconds late; 0 for at once. */
    public void jitter(LongSupplier lateMs) {
        jitter = lateMs;
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
