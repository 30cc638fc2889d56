package io.rejoin.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.List;
import org.junit.jupiter.api.Test;

class SummaryTest {

    private static final long MS = 1_000_000;

    private static Summary of(Op... ops) {
        Summary summary = new Summary();
        List.of(ops).forEach(summary::accept);
        return summary;
    }

    private static Op.Send send(long atMs, String value, boolean again) {
        return new Op.Send(atMs * MS, "p", "r", value, 1, again);
    }

    private static Op.Ack ack(long atMs, String value) {
        return new Op.Ack(atMs * MS, "p", "r", value, 1, new Point("e", 1), "n1");
    }

    @Test
    void findsTheLongestTimeWithoutAnAckUpToTheEndOfTheLoad() {
        Summary summary = of(
                new Op.Phase(0, "load"),
                send(10, "p.1", false),
                ack(20, "p.1"),
                ack(50, "p.2"),
                new Op.Phase(850 * MS, "quiesce"),
                ack(5_000, "p.3"));

        assertThat(summary.longestWithoutAckMs()).isEqualTo(800);
    }

    @Test
    void countsAnAnswerAsDuplicateOnlyWhenTheRoomHadThePublicationBeforeTheResend() {
        Summary summary = of(
                send(1, "p.1", false),
                send(2, "p.1", true),
                ack(3, "p.1"),
                send(4, "p.2", false),
                new Op.Delivery(5 * MS, "s#1", "r", new Point("e", 2), "p.2"),
                send(6, "p.2", true),
                ack(7, "p.2"));

        assertThat(summary.count("duplicates answered")).isEqualTo(1);
    }

    @Test
    void countsAnUnknownPublishThatTurnsUpAsRecovered() {
        Summary summary = of(
                send(1, "p.1", false),
                new Op.Unknown(2, "p", "r", "p.1", 1, "new session"),
                new Op.Read(3, "n1", "r", new Point("e", 1), "p.1"));

        assertThat(summary.count("unknown")).isEqualTo(1);
        assertThat(summary.count("recovered")).isEqualTo(1);
    }
}
