package io.rejoin.chaos.nemesis;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
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
    private static final int TOGETHER_PERCENT = 35;

    private final Scene scene;
    private final List<Nemesis> nemeses;
    private final boolean mixed;
    private final Random random;

    /**
     * Plans it.
     *
     * @param nemeses that strike, in this order
     * @param mixed in random order instead, some of them together with a light one
     */
    public Schedule(Scene scene, List<Nemesis> nemeses, boolean mixed, Random random) {
        this.scene = scene;
        this.nemeses = List.copyOf(nemeses);
        this.mixed = mixed;
        this.random = random;
    }

    /**
     * Runs it.
     *
     * @param atLeast strikes go on until this time has passed; when they are not mixed, each one strikes at least once
     * @param step runs what may fail, and goes on
     */
    public void run(Duration atLeast, Consumer<Runnable> step) {
        long end = System.nanoTime() + atLeast.toNanos();
        List<Nemesis> light = nemeses.stream().filter(Nemesis::isLight).toList();
        boolean first = true;
        while ((first && !mixed) || System.nanoTime() < end) {
            first = false;
            List<Nemesis> order = new ArrayList<>(nemeses);
            if (mixed) {
                Collections.shuffle(order, random);
            }
            for (Nemesis nemesis : order) {
                Random choices = new Random(random.nextLong());
                boolean together = mixed && random.nextInt(100) < TOGETHER_PERCENT && !nemesis.standsAlone();
                Nemesis companion = together ? light.get(random.nextInt(light.size())) : nemesis;
                Random itsChoices = new Random(random.nextLong());
                if (mixed && System.nanoTime() >= end) {
                    return;
                }
                step.accept(() -> Scene.hold(Scene.between(choices, QUIET_MIN_MS, QUIET_MAX_MS)));
                step.accept(() -> {
                    if (together && companion != nemesis) {
                        strikeTogether(nemesis, choices, companion, itsChoices);
                    } else {
                        nemesis.strike(scene, choices);
                    }
                });
                step.accept(() -> scene.recover("after " + nemesis.text()));
            }
        }
    }

    private void strikeTogether(Nemesis nemesis, Random choices, Nemesis companion, Random itsChoices) {
        CompletableFuture<Void> other = CompletableFuture.runAsync(
                () -> companion.strike(scene, itsChoices), task -> new Thread(task, "chaos-companion").start());
        IllegalStateException failure = null;
        try {
            nemesis.strike(scene, choices);
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
