package io.rejoin.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.TokenBucket.Rate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TokenBucketsTest {

    private static final Rate RATE = new Rate(1, 2);

    private final AtomicLong now = new AtomicLong();
    private final TokenBuckets<Integer> buckets = new TokenBuckets<>(now::get);

    @Test
    void keepsTheKeysApart() {
        assertThat(buckets.take(1, RATE, 2)).isZero();
        assertThat(buckets.take(1, RATE, 1)).isEqualTo(1_000);
        assertThat(buckets.take(2, RATE, 2)).isZero();

        buckets.giveBack(1, 1);
        buckets.giveBack(3, 1);

        assertThat(buckets.take(1, RATE, 1)).isZero();
        assertThat(buckets.spend(2, RATE, 1)).isEqualTo(1_000);
        assertThat(buckets.size()).isEqualTo(2);
    }

    @Test
    void keepsNothingForKeysWithoutALimit() {
        assertThat(buckets.take(1, Rate.NONE, 1_000)).isZero();
        assertThat(buckets.size()).isZero();
    }

    @Test
    void forgetsBucketsThatFilledUpAndNoOthers() {
        for (int key = 0; key < 100_000; key++) {
            now.incrementAndGet();
            buckets.take(key, RATE, 2);
            assertThat(buckets.size()).isLessThanOrEqualTo(2 * 2_001 + 1);
        }

        // Empty for less than two seconds.
        for (int key = 99_999; key > 98_500; key--) {
            assertThat(buckets.take(key, RATE, 2)).isPositive();
        }
        assertThat(buckets.take(50_000, RATE, 2)).isZero();
    }

    @Test
    void admitsNoMoreWhenManyThreadsTakeAndForget() throws Exception {
        AtomicInteger admitted = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            int offset = t * 100_000;
            Thread thread = new Thread(() -> {
                for (int i = 1; i <= 20_000; i++) {
                    buckets.take(offset + i, RATE, 0);
                    if (buckets.take(0, RATE, 1) == 0) {
                        admitted.incrementAndGet();
                    }
                }
            });
            threads.add(thread);
            thread.start();
        }
        for (Thread thread : threads) {
            thread.join();
        }

        assertThat(admitted).hasValue(2);
        assertThat(buckets.size()).isLessThanOrEqualTo(600);
    }
}
