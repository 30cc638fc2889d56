package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TermStartsTest {

    private static final long HEAD = 9;

    /** Terms 10, 20 and 30: offsets 1 to 3, none, and 4 to the head. */
    private static TermStarts terms() {
        TermStarts terms = new TermStarts();
        terms.add(new Epoch(10), 1);
        terms.add(new Epoch(20), 4);
        terms.add(new Epoch(30), 4);
        return terms;
    }

    @ParameterizedTest
    @CsvSource({"0,10", "1,10", "3,10", "4,30", "9,30"})
    void knowsTheTermOfAnOffset(long offset, long term) {
        assertThat(terms().epochAt(offset)).isEqualTo(new Epoch(term));
    }

    @Spec({"RM-10", "RM-14", "RM-15", "RM-16"})
    @ParameterizedTest
    @CsvSource({
        "10,0,0",
        "10,3,3",
        "10,4,3",
        "10,100,3",
        "20,2,-1",
        "20,3,3",
        "20,4,3",
        "30,2,-1",
        "30,3,3",
        "30,4,4",
        "30,9,9",
        "30,10,9",
        "40,3,-1",
        "-1,3,-1"
    })
    void findsTheLastCommonOffset(long term, long offset, long common) {
        assertThat(terms().commonWith(new Position(new Epoch(term), offset), HEAD))
                .isEqualTo(common);
    }

    @Test
    void keepsTheStartsOfTermsThatAreRetained() {
        TermStarts terms = new TermStarts();
        for (int term = 1; term <= 200; term++) {
            terms.add(new Epoch(term), term);
        }

        terms.forgetBefore(50);

        assertThat(terms.starts().get(0)).isEqualTo(new TermStarts.Start(new Epoch(50), 50));
    }

    @Test
    void keepsTheNewestStartsAlthoughNothingOfTheirTermsIsRetained() {
        TermStarts terms = new TermStarts();
        for (int term = 1; term <= 200; term++) {
            terms.add(new Epoch(term), term);
        }

        terms.forgetBefore(201);

        assertThat(terms.starts()).hasSize(TermStarts.KEPT + 1);
        assertThat(terms.current()).isEqualTo(new Epoch(200));
    }
}
