package io.rejoin.testing;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitTest {

    @Test
    void returnsOnceTheConditionHolds() {
        AtomicInteger asked = new AtomicInteger();

        assertThatCode(() -> Await.until(() -> asked.incrementAndGet() == 3, () -> "asked=" + asked))
                .doesNotThrowAnyException();
    }

    @Test
    void saysWhatWasSeenLastWhenTheLimitHasPassed() {
        assertThatThrownBy(() -> Await.until(() -> false, () -> "members=2", Duration.ofMillis(5)))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("members=2");
    }
}
