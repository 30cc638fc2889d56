package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChoicesTest {

    @Test
    void repeatsWhatWasDrawn() {
        Choices drawn = Choices.random(5);
        drawn.next();
        int first = drawn.pick(1_000);
        drawn.next();
        int second = drawn.pick(1_000);
        drawn.calm();

        Choices again = Choices.replay(Choices.parse(Choices.text(drawn.recorded())));

        again.next();
        assertThat(again.pick(1_000)).isEqualTo(first);
        again.next();
        assertThat(again.pick(1_000)).isEqualTo(second);
    }

    @Test
    void makesThePlainestChoiceWhenABlockHasRunOut() {
        Choices scripted = Choices.replay(new int[][] {{3}, {4}});
        scripted.next();

        assertThat(scripted.pick(10)).isEqualTo(3);
        assertThat(scripted.pick(10)).isZero();
        scripted.next();
        assertThat(scripted.pick(10)).isEqualTo(4);
    }

    @Test
    void staysWithinABoundThatHasBecomeLower() {
        Choices scripted = Choices.replay(new int[][] {{9}});
        scripted.next();

        assertThat(scripted.pick(4)).isEqualTo(3);
    }
}
