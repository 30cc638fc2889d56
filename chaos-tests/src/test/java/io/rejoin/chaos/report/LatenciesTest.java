package io.rejoin.chaos.report;

import static io.rejoin.chaos.report.Runs.ack;
import static io.rejoin.chaos.report.Runs.delivery;
import static io.rejoin.chaos.report.Runs.fault;
import static io.rejoin.chaos.report.Runs.figures;
import static io.rejoin.chaos.report.Runs.healed;
import static io.rejoin.chaos.report.Runs.joined;
import static io.rejoin.chaos.report.Runs.resend;
import static io.rejoin.chaos.report.Runs.send;
import static org.assertj.core.api.Assertions.assertThat;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class LatenciesTest {

    private static long millis(long micros) {
        return Math.round(micros / 1_000.0);
    }

    @Test
    void measuresFromTheFirstSending() {
        Latencies latencies =
                figures(send(10, "r", 1), resend(400, "r", 1), ack(510, "r", 1)).latencies();

        assertThat(millis(latencies.acks().outside.getMaxValue())).isEqualTo(500);
    }

    @Test
    void countsARepeatedAckOnce() {
        Latencies latencies = figures(send(10, "r", 1), ack(20, "r", 1), resend(30, "r", 1), ack(40, "r", 1))
                .latencies();

        assertThat(latencies.acks().outside.getTotalCount()).isEqualTo(1);
        assertThat(millis(latencies.acks().outside.getMaxValue())).isEqualTo(10);
    }

    @Test
    void isInsideWhenAFaultLastedAtAnyMomentBetween() {
        Latencies latencies = figures(
                        send(10, "r", 1),
                        ack(20, "r", 1),
                        send(30, "r", 2),
                        fault(40, 1, "kill", 1),
                        healed(50, 1, "kill"),
                        ack(60, "r", 2),
                        send(70, "r", 3),
                        ack(80, "r", 3))
                .latencies();

        assertThat(latencies.acks().inside.getTotalCount()).isEqualTo(1);
        assertThat(millis(latencies.acks().inside.getMaxValue())).isEqualTo(30);
        assertThat(latencies.acks().outside.getTotalCount()).isEqualTo(2);
    }

    @Test
    void countsADeliveryOverReconnectsOncePerClient() {
        Histogram deliveries = figures(
                        joined(1, "s#1", "r", 0),
                        send(10, "r", 1),
                        delivery(15, "s#1", "r", 1),
                        send(20, "r", 2),
                        joined(500, "s#2", "r", 0),
                        delivery(510, "s#2", "r", 1),
                        delivery(520, "s#2", "r", 2))
                .latencies()
                .deliveries()
                .outside;

        assertThat(deliveries.getTotalCount()).isEqualTo(2);
        assertThat(millis(deliveries.getMaxValue())).isEqualTo(500);
    }

    @Test
    void leavesOutWhatWasSentBeforeTheMemberJoined() {
        Latencies latencies = figures(send(10, "r", 1), joined(5_000, "s#1", "r", 0), delivery(5_001, "s#1", "r", 1))
                .latencies();

        assertThat(latencies.deliveries().outside.getTotalCount()).isZero();
    }

    @Test
    void standsInTheSecondInWhichItEnds() {
        Latencies latencies = figures(send(900, "r", 1), ack(2_100, "r", 1)).latencies();

        assertThat(latencies.seconds()).hasSize(3);
        assertThat(latencies.seconds().get(2).acks.getTotalCount()).isEqualTo(1);
    }

    @Test
    void knowsTheFirstAckOfWhatWasSentAfterAnInjection() {
        FaultLog faults = figures(
                        send(10, "r", 1), fault(20, 1, "kill", 1), ack(25, "r", 1), send(30, "r", 2), ack(320, "r", 2))
                .faults();

        assertThat(faults.all().get(0).firstAckNanos).isEqualTo(300_000_000);
    }
}
