package io.rejoin.chaos.flow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at what the machine did besides the run: how much of its processors others had, and how long it stood still. So a phase that
 * was disturbed is known by something else than its result.
 *
 * <p>Threading: one thread reads; a thread of its own sleeps until it is closed. Limits: Linux.
 */
final class MachineWatch implements AutoCloseable {

    private static final long NAP_NANOS = 1_000_000L;
    private static final Path STAT = Path.of("/proc/stat");
    private static final double TICKS_PER_SECOND = 100;
    /** In the line of all processors; what interrupts take is left out, since traffic of the run itself causes it. */
    private static final int USER = 1;

    private static final int NICE = 2;
    private static final int SYSTEM = 3;
    private static final int STOLEN = 8;

    private final ProcessHandle[] own;
    private final Thread thread = new Thread(this::sleepAgainAndAgain, "flow-machine");
    private volatile boolean closed;
    private final AtomicLong longestNanos = new AtomicLong();
    private double busySeconds;
    private double ownSeconds;
    private long readAt;

    /**
     * What the machine did for a while.
     *
     * @param foreign share of all processors that others had, from 0 to 1
     * @param stallMillis the longest time by which a thread that wanted to wake up was late
     */
    record Reading(double foreign, long stallMillis) {

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.0f%%/%dms", 100 * foreign, stallMillis);
        }
    }

    /**
     * Starts to look.
     *
     * @param node the other process of the run, besides this one
     */
    MachineWatch(long node) {
        own = new ProcessHandle[] {
            ProcessHandle.current(),
            ProcessHandle.of(node).orElseThrow(() -> new IllegalStateException("process " + node + " is not there"))
        };
        thread.setDaemon(true);
        thread.start();
        take();
    }

    /** What the machine did since this was asked before. */
    Reading take() {
        double busy = busySeconds();
        double mine = Arrays.stream(own)
                .mapToDouble(process ->
                        process.info().totalCpuDuration().orElse(Duration.ZERO).toMillis() / 1e3)
                .sum();
        long now = System.nanoTime();
        double capacity = (now - readAt) / 1e9 * Runtime.getRuntime().availableProcessors();
        double foreign = Math.max(0, busy - busySeconds - (mine - ownSeconds)) / capacity;
        Reading reading = new Reading(foreign, longestNanos.getAndSet(0) / 1_000_000L);
        busySeconds = busy;
        ownSeconds = mine;
        readAt = now;
        return reading;
    }

    private static double busySeconds() {
        try {
            String[] all = Files.readAllLines(STAT).get(0).split("\\s+", -1);
            long ticks = 0;
            for (int column : new int[] {USER, NICE, SYSTEM, STOLEN}) {
                ticks += Long.parseLong(all[column]);
            }
            return ticks / TICKS_PER_SECOND;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + STAT, e);
        }
    }

    private void sleepAgainAndAgain() {
        while (!closed) {
            long start = System.nanoTime();
            LockSupport.parkNanos(NAP_NANOS);
            longestNanos.accumulateAndGet(System.nanoTime() - start - NAP_NANOS, Math::max);
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
