package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.rejoin.testing.Spec;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** Some thousand schedules with seeds that are the same in every build; {@code make simulation} runs more. */
class SimulationTest {

    private static final int SCHEDULES = 250;
    private static final int MOST_SCHEDULES_WITH_A_BUG = 2_000;
    private static final Map<String, Long> HAPPENED = new TreeMap<>();

    @BeforeAll
    static void keepExpectedWarningsQuiet() {
        SimulationRun.quiet();
    }

    @AfterAll
    static void letWarningsBeHeardAgain() {
        ((ch.qos.logback.classic.Logger) LoggerFactory.getLogger("io.rejoin")).setLevel(null);
    }

    /** A world in which some kind of thing never happens would prove nothing about it. */
    @AfterAll
    static void everythingHappened() {
        assertThat(HAPPENED.keySet())
                .contains(
                        "acknowledged and there",
                        "acknowledged and lost with all its copies",
                        "all copies lost",
                        "backup refused",
                        "backup that does not follow",
                        "bus message lost",
                        "bus message repeated",
                        "call of unknown outcome",
                        "closed 4002",
                        "closed 4005",
                        "copy replaced",
                        "crash",
                        "cut",
                        "electorate",
                        "error out-of-order",
                        "error unavailable",
                        "freeze beyond the failure detector",
                        "gap conflated",
                        "gap epoch",
                        "gap limit",
                        "gap retention",
                        "history page",
                        "joined gap",
                        "joined live",
                        "joined resumed",
                        "merged back",
                        "migration",
                        "not in sync",
                        "number given up",
                        "owner moved",
                        "repeat of a publish",
                        "session resumed",
                        "what a smaller side had is there");
    }

    @AfterEach
    void plantNothing() {
        Plant.set("");
    }

    @Spec({"RM-7", "RM-8", "RM-12", "RM-14", "RM-20", "PB-2", "PB-3", "PB-8", "PB-17", "SE-2", "SE-3", "HI-9"})
    @ParameterizedTest
    @ValueSource(longs = {1, 100_001, 200_001, 300_001, 400_001, 500_001})
    void keepsEveryPromiseWhateverTheBusTheNodesAndTheLinksDo(long seed) {
        assertThat(SimulationRun.find(seed, SCHEDULES, HAPPENED)).isNull();
    }

    /**
     * One node is cut off, or stops, and others go on without it; one of those dies, comes back empty and meets the first. As long as heads
     * were counted, both went on from what the first remembered. And a schedule in which the side that others merged into was older.
     */
    @Spec("RM-12")
    @ParameterizedTest
    @ValueSource(
            strings = {
                "0/28.0.4/9/0.12/25",
                "0/30/24.2/26.2/9/0.5/0.5/0.11/31/0.5/24/26",
                "0/30/9/21/0.12/25.1/24.1",
                "3/0.0.1/0.5/24/0.5/0.0.1/24.1/0.7/0.2.3/0.0.2/28.0.4/0.12"
            })
    void keepsEveryPromiseWhenOneThatRemembersLessMeetsOneThatRemembersNothing(String schedule) {
        Simulation again = new Simulation(Choices.replay(Choices.parse(schedule)), null);

        assertThatCode(again::run).doesNotThrowAnyException();
    }

    static Stream<String> plants() {
        return Plant.ALL.stream();
    }

    @ParameterizedTest
    @MethodSource("plants")
    void findsWhatIsPlanted(String plant) {
        Plant.set(plant);

        SimulationRun.Failure failure = SimulationRun.find(1, MOST_SCHEDULES_WITH_A_BUG, new TreeMap<>());

        assertThat(failure).isNotNull();
        assertThat(failure.steps()).isLessThan(20);
    }

    @Test
    void goesTheSameWayAgainFromWhatWasWrittenDown() {
        Choices drawn = Choices.random(7);
        Simulation first = new Simulation(drawn, null);
        first.run();

        Simulation second = new Simulation(Choices.replay(Choices.parse(Choices.text(drawn.recorded()))), null);
        second.run();

        assertThat(second.happened()).isEqualTo(first.happened());
    }
}
