package io.rejoin.chaos.nemesis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * What strikes after what: the same for the same seed, without an end.
 *
 * <p>Threading: one thread.
 */
final class Strikes {

    private static final int TOGETHER_PERCENT = 35;

    /** How many nemeses one seed begins later than the one before: fewer than strike in the shortest of runs that are worth it. */
    private static final int PER_SEED = 5;

    private final List<Nemesis> nemeses;
    private final List<Nemesis> light;
    private final boolean mixed;
    private final Random random;
    private final Deque<Nemesis> next = new ArrayDeque<>();

    /**
     * One strike.
     *
     * @param choices its own random choices
     * @param companion strikes at the same time; {@code null} for none
     * @param itsChoices those of the companion
     */
    record Strike(Nemesis nemesis, Random choices, @Nullable Nemesis companion, Random itsChoices) {}

    /**
     * Begins.
     *
     * @param nemeses that strike, again and again in this order
     * @param mixed in random order instead, some of them together with a light one. What one seed begins with follows what the seed before
     *     began with: so a few seeds in a row have all of them, however short their runs are
     */
    Strikes(List<Nemesis> nemeses, boolean mixed, long seed) {
        this.nemeses = List.copyOf(nemeses);
        this.light = nemeses.stream().filter(Nemesis::isLight).toList();
        this.mixed = mixed;
        this.random = new Random(seed);
        List<Nemesis> first = new ArrayList<>(nemeses);
        if (mixed) {
            Collections.shuffle(first, new Random(0));
            Collections.rotate(first, (int) Math.floorMod(-seed * PER_SEED, (long) first.size()));
        }
        next.addAll(first);
    }

    /** The next one. */
    Strike next() {
        if (next.isEmpty()) {
            List<Nemesis> order = new ArrayList<>(nemeses);
            if (mixed) {
                Collections.shuffle(order, random);
            }
            next.addAll(order);
        }
        Nemesis nemesis = next.remove();
        Random choices = new Random(random.nextLong());
        Random itsChoices = new Random(random.nextLong());
        boolean alone = random.nextInt(100) >= TOGETHER_PERCENT || !mixed || nemesis.standsAlone();
        Nemesis companion = alone || light.isEmpty() ? null : light.get(random.nextInt(light.size()));
        return new Strike(nemesis, choices, companion == nemesis ? null : companion, itsChoices);
    }
}
