package io.rejoin.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.Spec;
import java.time.Duration;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AdmissionTest {

    private final ManualScheduler scheduler = new ManualScheduler();

    private Admission of(int arrivals, int hellos) {
        return new Admission(new Admission.Limits(1_000, arrivals, hellos, 1_000), scheduler, new Random(3));
    }

    @Spec("FL-9")
    @Test
    void turnsAWallOfClientsIntoARamp() {
        Admission admission = of(100, 1_000);
        PriorityQueue<Long> coming = new PriorityQueue<>();
        for (int i = 0; i < 1_500; i++) {
            coming.add(scheduler.millis());
        }
        long start = scheduler.millis();
        int[] admittedPerSecond = new int[60];
        int refusals = 0;

        while (!coming.isEmpty()) {
            long at = coming.remove();
            scheduler.advance(Duration.ofMillis(Math.max(0, at - scheduler.millis())));
            long wait = admission.arrive(1);
            if (wait == 0) {
                admittedPerSecond[(int) ((scheduler.millis() - start) / 1_000)]++;
            } else {
                refusals++;
                coming.add(scheduler.millis() + wait);
            }
        }

        assertThat(Arrays.stream(admittedPerSecond).sum()).isEqualTo(1_500);
        assertThat(Arrays.stream(admittedPerSecond).max().orElseThrow()).isLessThanOrEqualTo(200);
        assertThat(Arrays.stream(admittedPerSecond).limit(12).min().orElseThrow())
                .isGreaterThanOrEqualTo(50);
        assertThat(refusals).as("few come more than twice").isLessThan(3_000);
    }

    @Spec("FL-9")
    @Test
    void tellsEachClientATimeOfItsOwn() {
        Admission admission = of(10, 1);
        for (int i = 0; i < 10; i++) {
            assertThat(admission.arrive(1)).isZero();
        }

        long[] told = new long[50];
        for (int i = 0; i < told.length; i++) {
            told[i] = admission.arrive(1);
        }

        assertThat(Arrays.stream(told).distinct().count()).isEqualTo(told.length);
        assertThat(told[49] - told[0]).isBetween(4_000L, 6_000L);
    }

    @Test
    void keepsHalfOfTheRateForThoseThatResume() {
        Admission admission = of(10, 1_000);

        int fresh = 0;
        for (int i = 0; i < 10; i++) {
            fresh += admission.hello(false) == 0 ? 1 : 0;
        }

        assertThat(fresh).isEqualTo(5);
        assertThat(admission.hello(true)).isZero();
    }

    @Test
    void answersNoMoreHellosAtOnceThanItMay() {
        Admission admission = of(1_000, 2);
        assertThat(admission.hello(true)).isZero();
        assertThat(admission.hello(false)).isZero();

        assertThat(admission.hello(true)).isPositive();
        assertThat(admission.arrive(1)).as("known at the arrival already").isPositive();
        admission.settled();

        assertThat(admission.arrive(1)).isZero();
        assertThat(admission.hello(true)).isZero();
    }

    @Test
    void refusesHandshakesBeyondTheirOwnRate() {
        Admission admission = of(1_000, 1_000);

        int admitted = 0;
        for (int i = 0; i < 2_000; i++) {
            admitted += admission.admitsHandshake() ? 1 : 0;
        }

        assertThat(admitted).isEqualTo(1_000);
    }
}
