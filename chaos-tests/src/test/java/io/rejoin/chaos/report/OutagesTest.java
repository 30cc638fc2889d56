package io.rejoin.chaos.report;

import static io.rejoin.chaos.report.Runs.ack;
import static io.rejoin.chaos.report.Runs.fault;
import static io.rejoin.chaos.report.Runs.figures;
import static io.rejoin.chaos.report.Runs.healed;
import static io.rejoin.chaos.report.Runs.send;
import static io.rejoin.chaos.report.Runs.unknown;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class OutagesTest {

    private static final long MS = 1_000_000;

    @Test
    void lastsFromTheFirstPublishWithoutOutcomeToTheNextAck() {
        RunFigures figures =
                figures(send(0, "r", 1), ack(10, "r", 1), send(1_000, "r", 2), send(1_100, "r", 3), ack(1_700, "r", 2));

        assertThat(figures.outages().outages()).containsExactly(new Outages.Outage("r", 1_000 * MS, 1_700 * MS));
    }

    @Test
    void lastsFromTheLastAckWhenMoreIsOwed() {
        RunFigures figures = figures(send(0, "r", 1), send(1, "r", 2), ack(10, "r", 1), ack(900, "r", 2));

        assertThat(figures.outages().outages()).containsExactly(new Outages.Outage("r", 10 * MS, 900 * MS));
    }

    @Test
    void isNoneWhileNobodyPublishes() {
        RunFigures figures = figures(send(0, "r", 1), ack(10, "r", 1), send(60_000, "r", 2), ack(60_010, "r", 2));

        assertThat(figures.outages().outages()).isEmpty();
    }

    @Test
    void goesOnOverAnUnknownOutcomeAsLongAsMoreIsOwed() {
        RunFigures figures = figures(send(0, "r", 1), send(1, "r", 2), unknown(500, "r", 1), ack(900, "r", 2));

        assertThat(figures.outages().outages()).containsExactly(new Outages.Outage("r", 0, 900 * MS));
    }

    @Test
    void endsWithTheHistory() {
        RunFigures figures = figures(send(0, "r", 1), send(800, "q", 2));

        assertThat(figures.outages().outages()).containsExactly(new Outages.Outage("r", 0, 800 * MS));
    }

    @Test
    void isToldToEveryFaultThatItOverlaps() {
        RunFigures figures = figures(
                fault(0, 1, "slow", 0),
                healed(100, 1, "slow"),
                send(200, "r", 1),
                fault(300, 2, "kill", 1),
                healed(400, 2, "kill"),
                ack(700, "r", 1));

        assertThat(figures.faults().all().get(0).withoutAnswer).isEmpty();
        assertThat(figures.faults().all().get(1).withoutAnswer).containsExactly(Map.entry("r", 500 * MS));
    }
}
