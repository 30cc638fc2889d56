package io.rejoin.chaos.nemesis;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;

/**
 * Which nemesis strikes when. Between two strikes all is healed and safe, with a quiet time.
 *
 * <p>Each strike has its own random choices, drawn in the order of the schedule: so the same seed makes the same schedule, however long
 * strikes take.
 *
 * <p>Threading: one thread, which it holds up; a light nemesis that strikes together with another has a second one.
 */
public final class Schedule {

    private static final int QUIET_MIN_MS = 500;
    private static final int QUIET_MAX_MS = 2_500;

    private final Scene scene;
    private final int least;
    private final Strikes strikes;

    /**
     * Plans it.
     *
     * @param nemeses that strike, in this order
     * @param mixed in random order instead, some of them together with a light one
     */
    public Schedule(Scene scene, List<Nemesis> nemeses, boolean mixed, long seed) {
        this.scene = scene;
        this.least = mixed ? 0 : nemeses.size();
        this.strikes = new Strikes(nemeses, mixed, seed);
    }

    /**
     * Runs it.
     *
     * @param atLeast strikes go on until this time has passed; when they are not mixed, each one strikes at least once
     * @param step runs what may fail, and goes on
     */
    public void run(Duration atLeast, Consumer<Runnable> step) {
        long end = System.nanoTime() + atLeast.toNanos();
        for (int done = 0; done < least || System.nanoTime() < end; done++) {
            Strikes.Strike strike = strikes.next();
            step.accept(() -> Scene.hold(Scene.between(strike.choices(), QUIET_MIN_MS, QUIET_MAX_MS)));
            step.accept(() -> strike(strike));
            step.accept(() -> scene.recover("after " + strike.nemesis().text()));
        }
    }

    private void strike(Strikes.Strike strike) {
        Nemesis companion = strike.companion();
        if (companion == null) {
            strike.nemesis().strike(scene, strike.choices());
            return;
        }
        CompletableFuture<Void> other = CompletableFuture.runAsync(
                () -> companion.strike(scene, strike.itsChoices()),
                task -> new Thread(task, "chaos-companion").start());
        IllegalStateException failure = null;
        try {
            strike.nemesis().strike(scene, strike.choices());
        } catch (IllegalStateException e) {
            failure = e;
        }
        try {
            other.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            failure = new IllegalStateException(companion.text() + ": " + e.getCause(), failure == null ? e : failure);
        }
        if (failure != null) {
            throw failure;
        }
    }
}
