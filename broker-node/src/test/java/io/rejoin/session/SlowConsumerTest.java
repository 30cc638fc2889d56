package io.rejoin.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.room.ReplayCap;
import io.rejoin.testing.Spec;
import java.util.LongSummaryStatistics;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class SlowConsumerTest {

    private final Random random = new Random(3);

    @Test
    @Spec("CL-7")
    void sendsAwayForASecondDoubledEachTimeUpToHalfAMinute() {
        long[] middle = {1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000};
        for (int earlier = 0; earlier < middle.length; earlier++) {
            int closes = earlier;
            LongSummaryStatistics told = LongStream.generate(() -> SlowConsumer.retryAfterMs(closes, random))
                    .limit(2_000)
                    .summaryStatistics();

            assertThat(told.getMin()).isBetween(middle[earlier] * 3 / 4, middle[earlier] * 8 / 10);
            assertThat(told.getMax()).isBetween(middle[earlier] * 12 / 10, middle[earlier] * 5 / 4);
        }
        assertThat(SlowConsumer.retryAfterMs(1_000, random)).isBetween(22_500L, 37_500L);
    }

    @Test
    @Spec("CL-7")
    void halvesTheReplayEachTimeDownToSixteen() {
        assertThat(SlowConsumer.capAfter(0)).isEqualTo(ReplayCap.NONE);
        assertThat(IntStream.rangeClosed(1, 7).mapToObj(SlowConsumer::capAfter))
                .containsExactly(
                        new ReplayCap(256, 256 << 10),
                        new ReplayCap(128, 128 << 10),
                        new ReplayCap(64, 64 << 10),
                        new ReplayCap(32, 32 << 10),
                        new ReplayCap(16, 16 << 10),
                        new ReplayCap(16, 16 << 10),
                        new ReplayCap(16, 16 << 10));
        assertThat(SlowConsumer.capAfter(1_000)).isEqualTo(new ReplayCap(16, 16 << 10));
    }
}
