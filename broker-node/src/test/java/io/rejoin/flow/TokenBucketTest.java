package io.rejoin.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rejoin.flow.TokenBucket.Rate;
import org.junit.jupiter.api.Test;

class TokenBucketTest {

    private long now = 1_000;

    private TokenBucket bucket(long perSecond, long burst) {
        return new TokenBucket(new Rate(perSecond, burst), () -> now);
    }

    @Test
    void admitsABurstAndThenOneAfterTheOther() {
        TokenBucket bucket = bucket(4, 2);

        assertThat(bucket.take(1)).isZero();
        assertThat(bucket.take(1)).isZero();
        assertThat(bucket.take(1)).isEqualTo(250);
        now += 249;
        assertThat(bucket.take(1)).isEqualTo(1);
        now += 1;
        assertThat(bucket.take(1)).isZero();
        assertThat(bucket.take(1)).isEqualTo(250);
    }

    @Test
    void takesNothingWhenNotAllIsThere() {
        TokenBucket bucket = bucket(1, 3);
        assertThat(bucket.take(2)).isZero();

        assertThat(bucket.take(2)).isEqualTo(1_000);
        assertThat(bucket.take(1)).isZero();
    }

    @Test
    void roundsTheWaitUp() {
        TokenBucket bucket = bucket(3, 2);
        bucket.take(2);

        assertThat(bucket.take(1)).isEqualTo(334);
        now += 334;
        assertThat(bucket.take(1)).isZero();
        // The two thousandths that came beyond the one count.
        now += 333;
        assertThat(bucket.take(1)).isZero();
    }

    @Test
    void tellsWhenADebtIsPaid() {
        TokenBucket bucket = bucket(10, 10);

        assertThat(bucket.spend(10)).isZero();
        assertThat(bucket.spend(5)).isEqualTo(500);
        assertThat(bucket.take(1)).isEqualTo(600);
        now += 500;
        assertThat(bucket.spend(0)).isZero();
        assertThat(bucket.take(1)).isEqualTo(100);
    }

    @Test
    void takesTheBurstForWhatIsLarger() {
        TokenBucket bucket = bucket(10, 10);

        assertThat(bucket.take(50)).isZero();
        assertThat(bucket.take(50)).isEqualTo(1_000);
    }

    @Test
    void isFullAgainAfterGivingBackOrWaiting() {
        TokenBucket bucket = bucket(10, 10);
        bucket.take(4);
        assertThat(bucket.isFull()).isFalse();
        bucket.giveBack(4);
        assertThat(bucket.isFull()).isTrue();
        bucket.giveBack(4);
        assertThat(bucket.take(10)).isZero();
        assertThat(bucket.take(1)).isPositive();
        now += Long.MAX_VALUE / 2;
        assertThat(bucket.isFull()).isTrue();
    }

    @Test
    void admitsEverythingWithoutALimit() {
        TokenBucket bucket = new TokenBucket(Rate.NONE, () -> now);

        assertThat(bucket.take(Long.MAX_VALUE)).isZero();
        assertThat(bucket.spend(Long.MAX_VALUE)).isZero();
        assertThat(Rate.perSecond(0, 3).withBurstOf(9)).isEqualTo(Rate.NONE);
    }

    @Test
    void refusesRatesThatMeanNothing() {
        assertThatThrownBy(() -> new Rate(-1, 1)).hasMessageContaining("perSecond=-1");
        assertThatThrownBy(() -> new Rate(1, 0)).hasMessageContaining("burst=0");
        assertThatThrownBy(() -> new Rate(1, Long.MAX_VALUE)).hasMessageContaining("burst=" + Long.MAX_VALUE);
    }
}
