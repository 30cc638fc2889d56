package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.rejoin.testing.Spec;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.slf4j.LoggerFactory;

/** Thousands of seeded runs of a room on several nodes; a failure names the seed that repeats it. */
class RoomScheduleProperties {

    private static final int STEPS = 800;
    private static final Logger REPLACED_TAILS = (Logger) LoggerFactory.getLogger(TailFollower.class);

    private static final Map<String, Long> HAPPENED = new TreeMap<>();

    @BeforeContainer
    static void keepExpectedWarningsQuiet() {
        REPLACED_TAILS.setLevel(Level.ERROR);
    }

    @AfterContainer
    static void letWarningsBeHeardAgain() {
        REPLACED_TAILS.setLevel(null);
    }

    /** A world in which some kind of thing never happens would prove nothing about it. */
    @AfterContainer
    static void everythingHappened() {
        assertThat(HAPPENED.keySet())
                .contains(
                        "publications",
                        "publication",
                        "gap conflated",
                        "gap limit",
                        "gap retention",
                        "gap epoch",
                        "Live",
                        "Resumed",
                        "Gapped",
                        "closed");
    }

    @Spec({"RM-7", "RM-8", "RM-12", "RM-20", "PB-2", "PB-3"})
    @Property(tries = 3_000, shrinking = ShrinkingMode.OFF)
    void everyMemberGetsTheLogWhateverTheBusAndTheClusterDo(@ForAll long seed) {
        run(seed, false);
    }

    @Spec({"RM-7", "RM-8", "RM-12", "RM-14"})
    @Property(tries = 3_000, shrinking = ShrinkingMode.OFF)
    void everyMemberIsToldWhenTheLogLosesItsEnd(@ForAll long seed) {
        run(seed, true);
    }

    private static void run(long seed, boolean lossy) {
        try {
            RandomRun random = new RandomRun(seed, lossy);
            random.run(STEPS);
            random.stats(HAPPENED);
        } catch (AssertionError | RuntimeException broken) {
            throw new AssertionError("seed=" + seed + " lossy=" + lossy + ": " + broken.getMessage(), broken);
        }
    }
}
