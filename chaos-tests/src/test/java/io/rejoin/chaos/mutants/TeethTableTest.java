package io.rejoin.chaos.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.checker.Verdict;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class TeethTableTest {

    @TempDir
    private Path directory;

    private static final Mutant FIRST = new Mutant("first", "bites", "", "all is well", "kill", "", List.of());
    private static final Mutant SECOND = new Mutant("second", "bites", "", "all is well", "kill", "", List.of());

    private static Verdict verdict(Verdict.Result result) {
        return new Verdict("Law", result, new TreeMap<>(), List.of("an example"));
    }

    private static Bite bite(String name, long seed, Verdict.Result result) {
        return Bite.of(name, seed, 10, List.of(verdict(Verdict.Result.VALID), verdict(result)));
    }

    @Test
    void tellsWhichMutantsEscaped() {
        TeethTable table = new TeethTable(
                List.of(FIRST, SECOND), Map.of("first", bite("first", 1, Verdict.Result.INVALID)), Map.of(), Map.of());

        assertThat(table.escaped()).containsExactly("second");
        assertThat(table.mutantRows())
                .contains("| kill | Law | 1 | 10 | – | – |", "| kill | not run | – | – | – | – |");
    }

    @Test
    void takesAnUnclearVerdictForAnEscape() {
        TeethTable table = new TeethTable(
                List.of(FIRST), Map.of("first", bite("first", 1, Verdict.Result.UNKNOWN)), Map.of(), Map.of());

        assertThat(table.escaped()).containsExactly("first");
    }

    @Test
    void wantsTheNodeAsItIsWithEverySeedThatAMutantNeeded() {
        Bite twoSeeds = bite("first", 2, Verdict.Result.INVALID).after(bite("first", 1, Verdict.Result.VALID));
        Map<String, Bite> bites = Map.of("first", twoSeeds);
        Bite oneValid = bite("control", 1, Verdict.Result.VALID);
        Bite twoValid = bite("control", 2, Verdict.Result.VALID).after(oneValid);
        Bite guilty = bite("control", 2, Verdict.Result.INVALID).after(oneValid);

        assertThat(new TeethTable(List.of(FIRST), bites, Map.of("kill", oneValid), Map.of()).unproven())
                .containsExactly("kill");
        assertThat(new TeethTable(List.of(FIRST), bites, Map.of("kill", guilty), Map.of()).unproven())
                .containsExactly("kill");
        assertThat(new TeethTable(List.of(FIRST), bites, Map.of("kill", twoValid), Map.of()).unproven())
                .isEmpty();
    }

    @Test
    void keepsWhatIsKnownBetweenPrograms() {
        Bite bite = bite("first", 3, Verdict.Result.INVALID);
        Simulated simulated = new Simulated("first", 12, 7, "order");
        bite.write(directory);
        simulated.write(directory);

        assertThat(Bite.read(directory, "first")).contains(bite);
        assertThat(Simulated.read(directory, "first")).contains(simulated);
        assertThat(Bite.read(directory, "second")).isEmpty();
    }

    @Test
    void readsWhatTheSimulationFound() {
        String output = """
                schedules=500 next seed=501

                violated: order
                found in schedule 812, seed 812
                minimal schedule, 9 steps:
                  0. node 1 publishes
                schedules=812 seed=1 seconds=3.0 per second=270
                """;

        assertThat(Simulated.of("first", output)).contains(new Simulated("first", 812, 9, "order"));
    }

    @Test
    void readsThatTheSimulationFoundNothing() {
        String output = "schedules=500 next seed=501\nschedules=1000 seed=1 seconds=3.0 per second=333\n  4 kills\n";

        assertThat(Simulated.of("first", output)).contains(new Simulated("first", 1000, 0, ""));
        assertThat(Simulated.of("first", "Error: Could not find or load main class"))
                .isEmpty();
    }
}
