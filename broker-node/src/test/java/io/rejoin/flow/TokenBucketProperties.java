package io.rejoin.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.TokenBucket.Rate;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class TokenBucketProperties {

    private long now;

    /** What was admitted when. */
    private record Admitted(long atMs, long amount) {}

    /** Each step waits {@code step / 100} ms and takes {@code step % 100}. */
    @Property(tries = 2_000)
    void noStretchOfTimeAdmitsMoreThanTheBurstAndTheRate(
            @ForAll @Size(max = 60) List<@IntRange(max = 99_999) Integer> steps,
            @ForAll @IntRange(min = 1, max = 3_000) int perSecond,
            @ForAll @IntRange(min = 1, max = 300) int burst) {
        now = 0;
        TokenBucket bucket = new TokenBucket(new Rate(perSecond, burst), () -> now);
        List<Admitted> admitted = new ArrayList<>();
        for (int step : steps) {
            now += step / 100;
            long amount = Math.min(burst, step % 100);
            if (bucket.take(amount) == 0) {
                admitted.add(new Admitted(now, amount));
            }
        }

        for (int from = 0; from < admitted.size(); from++) {
            long sum = 0;
            for (Admitted each : admitted.subList(from, admitted.size())) {
                sum += each.amount();
                long passed = each.atMs() - admitted.get(from).atMs();
                assertThat(1_000 * sum).isLessThanOrEqualTo(1_000L * burst + passed * perSecond);
            }
        }
    }

    @Property(tries = 2_000)
    void whoWaitsAsToldIsAdmittedAndNotAMillisecondEarlier(
            @ForAll @Size(max = 40) List<@IntRange(max = 99_999) Integer> steps,
            @ForAll @IntRange(min = 1, max = 3_000) int perSecond,
            @ForAll @IntRange(min = 1, max = 300) int burst) {
        now = 0;
        TokenBucket bucket = new TokenBucket(new Rate(perSecond, burst), () -> now);
        for (int step : steps) {
            now += step / 100;
            long amount = Math.min(burst, step % 100);
            long wait = bucket.take(amount);
            if (wait > 0) {
                now += wait - 1;
                assertThat(bucket.take(amount)).isEqualTo(1);
                now += 1;
                assertThat(bucket.take(amount)).isZero();
            }
        }
    }

    @Property(tries = 2_000)
    void whatWasSpentBeyondTheBurstIsPaidBack(
            @ForAll @Size(max = 40) List<@IntRange(max = 99_999) Integer> steps,
            @ForAll @IntRange(min = 1, max = 3_000) int perSecond,
            @ForAll @IntRange(min = 1, max = 300) int burst) {
        now = 0;
        TokenBucket bucket = new TokenBucket(new Rate(perSecond, burst), () -> now);
        long spent = 0;
        for (int step : steps) {
            now += step / 100;
            spent += step % 100;
            now += bucket.spend(step % 100);
            assertThat(bucket.spend(0)).isZero();
            assertThat(1_000 * spent).isLessThanOrEqualTo(1_000L * burst + now * perSecond);
        }
        now += 1_000L * burst;
        assertThat(bucket.isFull()).isTrue();
    }
}
