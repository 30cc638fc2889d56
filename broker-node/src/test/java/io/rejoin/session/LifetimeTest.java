package io.rejoin.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.EventLoop;
import io.rejoin.testing.ManualScheduler;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LifetimeTest {

    private static final Duration MOST = Duration.ofMinutes(10);

    private final ManualScheduler scheduler = new ManualScheduler();
    private final EventLoop loop = scheduler.newLoop();
    private final Random random = new Random(5);
    private final List<Long> told = new ArrayList<>();
    private final List<Long> ended = new ArrayList<>();

    private Lifetime begin(Duration most) {
        long begin = scheduler.millis();
        Lifetime lifetime = new Lifetime(loop, most, random);
        lifetime.start(new Lifetime.Listener() {
            @Override
            public void onNotice(long afterMs, long deadlineMs) {
                assertThat(afterMs).isBetween(0L, deadlineMs / 2 + 1);
                told.add(scheduler.millis() - begin);
            }

            @Override
            public void onEnd() {
                ended.add(scheduler.millis() - begin);
            }
        });
        return lifetime;
    }

    @Test
    void spreadsTheEndsOfConnectionsThatBeganTogether() {
        for (int i = 0; i < 1_000; i++) {
            begin(MOST);
        }

        scheduler.advance(MOST);

        assertThat(ended).hasSize(1_000).allSatisfy(age -> assertThat(age).isBetween(450_000L, 600_000L));
        int[] perTenth = new int[10];
        ended.forEach(age -> perTenth[(int) Math.min(9, (age - 450_000) / 15_000)]++);
        assertThat(Arrays.stream(perTenth).boxed())
                .allSatisfy(share -> assertThat(share).isBetween(50, 200));
    }

    @Test
    void tellsEachHalfAMinuteAhead() {
        begin(MOST);

        scheduler.advance(MOST);

        assertThat(ended.get(0) - told.get(0)).isEqualTo(30_000);
    }

    @Test
    void keepsMostOfAShortLife() {
        begin(Duration.ofSeconds(4));

        scheduler.advance(Duration.ofSeconds(4));

        assertThat(ended.get(0) - told.get(0)).isEqualTo(ended.get(0) / 4);
        assertThat(told.get(0)).isGreaterThan(2_000);
    }

    @Test
    void tellsNothingOnceStopped() {
        begin(MOST).stop();
        Lifetime second = begin(MOST);
        scheduler.advance(Duration.ofMillis(599_000 * 3 / 4));
        second.stop();

        scheduler.advance(MOST);

        assertThat(ended).isEmpty();
    }
}
