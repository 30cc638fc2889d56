package io.rejoin.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ByteCounterTest {

    private static long count(String word, String text) {
        ByteCounter counter = new ByteCounter(word);
        for (byte next : text.getBytes(StandardCharsets.UTF_8)) {
            counter.accept(next);
        }
        return counter.count();
    }

    @Test
    void countsEveryOccurrence() {
        assertThat(count("publication\"", "{\"type\":\"publication\"},{\"type\":\"publication\"}"))
                .isEqualTo(2);
    }

    @Test
    void startsAgainAfterAFalseStart() {
        assertThat(count("publication\"", "publipublication\" publisher\"")).isEqualTo(1);
    }

    @Test
    void refusesAWordThatMightOverlapItself() {
        assertThatThrownBy(() -> new ByteCounter("abab")).hasMessageContaining("abab");
    }
}
