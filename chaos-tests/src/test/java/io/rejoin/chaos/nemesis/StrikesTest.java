package io.rejoin.chaos.nemesis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StrikesTest {

    private static final List<Nemesis> MIXED = Nemeses.of(List.of("mixed"));

    private static Stream<Strikes.Strike> first(int count, Strikes strikes) {
        return Stream.generate(strikes::next).limit(count);
    }

    /** Who strikes, with whom, and what they would choose. */
    private static List<String> plan(long seed) {
        return first(100, new Strikes(MIXED, true, seed))
                .map(strike -> strike.nemesis() + " " + strike.companion() + " "
                        + strike.choices().nextLong() + " "
                        + strike.itsChoices().nextLong())
                .toList();
    }

    @Test
    void areTheSameForTheSameSeed() {
        assertThat(plan(7)).isEqualTo(plan(7)).isNotEqualTo(plan(8));
    }

    @Test
    void ofSomeSeedsInARowHaveAllNemesesWhenEachHasBegun() {
        List<Nemesis> struck = LongStream.rangeClosed(1, 10)
                .boxed()
                .flatMap(seed -> first(5, new Strikes(MIXED, true, seed)))
                .map(Strikes.Strike::nemesis)
                .toList();

        assertThat(struck).containsAll(MIXED);
    }

    @Test
    void haveALightCompanionNowAndThen() {
        List<Strikes.Strike> together = first(200, new Strikes(MIXED, true, 1))
                .filter(strike -> strike.companion() != null)
                .toList();

        assertThat(together)
                .hasSizeBetween(30, 100)
                .allSatisfy(strike -> assertThat(strike.nemesis().standsAlone()).isFalse())
                .allSatisfy(strike -> assertThat(strike.companion().isLight()).isTrue());
    }

    @Test
    void areThoseAskedForInTheirOrderWhenTheyAreNotMixed() {
        List<Nemesis> asked = Nemeses.of(List.of("loss", "kill-owner", "loss"));

        assertThat(first(6, new Strikes(asked, false, 3)))
                .extracting(Strikes.Strike::nemesis)
                .containsExactly(Cut.LOSS, Kill.OWNER, Cut.LOSS, Cut.LOSS, Kill.OWNER, Cut.LOSS);
    }

    @Test
    void loseNothingWhenTheyAreMixed() {
        assertThat(MIXED).noneMatch(Nemesis::losesData).hasSizeGreaterThan(20);
    }
}
