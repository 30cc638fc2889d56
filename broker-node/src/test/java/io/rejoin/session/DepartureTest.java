package io.rejoin.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.Spec;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class DepartureTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final DrainConfig CONFIG = new DrainConfig(500, Duration.ofSeconds(5), LIMIT);

    private final ManualScheduler scheduler = new ManualScheduler();

    private Departure of(int clients, Duration window) {
        return new Departure(scheduler, new Random(7), clients, window, window.plusSeconds(5));
    }

    @Spec("CL-6")
    @Test
    void spreadsClientsEvenlyOverTheWindow() {
        Departure departure = of(3_000, Duration.ofSeconds(6));

        long[] perTenth = new long[60];
        LongStream.generate(departure::nextAfterMs).limit(3_000).forEach(after -> perTenth[(int) (after / 101)]++);

        assertThat(Arrays.stream(perTenth).max().orElseThrow()).isLessThan(2 * 50);
        assertThat(Arrays.stream(perTenth).min().orElseThrow()).isPositive();
    }

    @Spec("CL-6")
    @Test
    void countsFromTheMomentThatAClientIsTold() {
        Departure departure = of(1, Duration.ofSeconds(2));

        scheduler.advance(Duration.ofSeconds(3));

        assertThat(departure.nextAfterMs()).isZero();
        assertThat(departure.deadlineMs()).isEqualTo(4_000);
    }

    @Test
    void takesAsLongAsTheRateNeeds() {
        assertThat(CONFIG.window(3_000, LIMIT)).isEqualTo(Duration.ofSeconds(6));
        assertThat(CONFIG.deadline(3_000, LIMIT)).isEqualTo(Duration.ofSeconds(11));
        assertThat(CONFIG.window(0, LIMIT)).isZero();
    }

    @Test
    void goesFasterWhenTheLimitLeavesNoTime() {
        assertThat(CONFIG.window(100_000, LIMIT)).isEqualTo(Duration.ofSeconds(13));
        assertThat(CONFIG.deadline(100_000, LIMIT)).isEqualTo(Duration.ofSeconds(18));
        assertThat(CONFIG.deadline(100_000, Duration.ofSeconds(2))).isEqualTo(Duration.ofMillis(1_200));
        assertThat(CONFIG.window(100_000, Duration.ofSeconds(2))).isZero();
    }
}
