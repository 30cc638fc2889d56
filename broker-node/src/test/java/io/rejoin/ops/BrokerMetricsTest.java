package io.rejoin.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.LogBudget;
import io.rejoin.flow.NodeBudgets;
import io.rejoin.flow.TailBudget;
import io.rejoin.testing.GeneratedPage;
import io.rejoin.testing.ManualScheduler;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class BrokerMetricsTest {

    private final BrokerMetrics metrics = new BrokerMetrics();

    @AfterEach
    void close() {
        metrics.close();
    }

    private void tellEverythingOnce() {
        metrics.opened();
        metrics.opened();
        metrics.closed(4000, 90_000);
        metrics.refused(426);
        metrics.handshakeCutOff("crowded");
        metrics.roundTrip(12);
        metrics.controlQueueOverflow();
        metrics.written(3, 100);
        metrics.received(50);
        metrics.onHello("resumed", 7);
        metrics.onHook("accepted", 8);
        metrics.onHookSpared("busy");
        metrics.onArrivalRefused("hello");
        metrics.onTakeover("touch");
        metrics.onError("bad-request");
        metrics.onPublish(3);
        metrics.onBackpressure();
        metrics.onThrottle();
        metrics.onPublishRefused("user");
        metrics.onAppend(5, 2);
        metrics.onAppendRetry("unknown");
        metrics.onDraft("applied");
        metrics.onEncode(2);
        metrics.onFanOut(-1);
        metrics.onDeliver(4);
        metrics.onDeliverEphemeral(3);
        metrics.onConflated(9);
        metrics.onSlowConsumer("close");
        metrics.onLag();
        metrics.onGap("retention");
        metrics.onJoin("live");
        metrics.onRepair("hole");
        metrics.onCatchUp(6);
        metrics.onEphemeralDropped(8);
        metrics.onEphemeralUnsent("interest", 2);
        metrics.watch(usedBudgets());
        LogBudget logs = new LogBudget(40);
        logs.add(41);
        logs.refuse();
        metrics.watch(logs);
    }

    private static NodeBudgets usedBudgets() {
        ManualScheduler scheduler = new ManualScheduler();
        NodeBudgets budgets = NodeBudgets.within(new NodeBudgets.Limits(20, 30, 1, 0, 100, 40), scheduler);
        budgets.appends().take(11);
        budgets.appends().take(10);
        budgets.tails().register(new FullTail());
        budgets.tails().add(31);
        budgets.tails().trim();
        budgets.reads().take(scheduler.newLoop(), permit -> {});
        budgets.reads().take(scheduler.newLoop(), permit -> {});
        return budgets;
    }

    /** Has nothing that it could let go. */
    private static final class FullTail implements TailBudget.Tail {

        @Override
        public long lastUsed() {
            return 0;
        }

        @Override
        public void empty(boolean allButNewest) {
            assertThat(allButNewest).isFalse();
        }
    }

    @Test
    void showsWhatItWasTold() {
        tellEverythingOnce();

        assertThat(metrics.scrape().lines())
                .contains(
                        "rejoin_connections 1.0",
                        "rejoin_connections_opened_total 2.0",
                        "rejoin_connections_closed_total{code=\"4000\"} 1.0",
                        "rejoin_connection_lifetime_seconds_bucket{le=\"60.0\"} 0",
                        "rejoin_connection_lifetime_seconds_bucket{le=\"600.0\"} 1",
                        "rejoin_handshakes_refused_total{status=\"426\"} 1.0",
                        "rejoin_handshakes_cut_off_total{reason=\"crowded\"} 1.0",
                        "rejoin_heartbeat_round_trip_seconds_sum 0.012",
                        "rejoin_control_queue_overflows_total 1.0",
                        "rejoin_frames_sent_total 3.0",
                        "rejoin_bytes_sent_total 100.0",
                        "rejoin_writes_total 1.0",
                        "rejoin_messages_received_total 1.0",
                        "rejoin_bytes_received_total 50.0",
                        "rejoin_hello_seconds_count{outcome=\"resumed\"} 1",
                        "rejoin_takeovers_total{found_by=\"touch\"} 1.0",
                        "rejoin_errors_total{code=\"bad-request\"} 1.0",
                        "rejoin_publish_seconds_count 1",
                        "rejoin_backpressure_total 1.0",
                        "rejoin_throttles_total 1.0",
                        "rejoin_publishes_refused_total{whose=\"user\"} 1.0",
                        "rejoin_hop_seconds_count{hop=\"append\"} 1",
                        "rejoin_hop_seconds_count{hop=\"fan-out\"} 1",
                        "rejoin_appends_retried_total{reason=\"unknown\"} 1.0",
                        "rejoin_drafts_total{outcome=\"applied\"} 1.0",
                        "rejoin_encodings_total 2.0",
                        "rejoin_deliveries_total 4.0",
                        "rejoin_lags_total 1.0",
                        "rejoin_gaps_total{reason=\"retention\"} 1.0",
                        "rejoin_joins_total{outcome=\"live\"} 1.0",
                        "rejoin_repairs_total{kind=\"hole\"} 1.0",
                        "rejoin_catch_up_publications_total 6.0",
                        "rejoin_append_bytes 11.0",
                        "rejoin_log_bytes 41.0",
                        "rejoin_logs_refused_total 1.0",
                        "rejoin_appends_refused_total 1.0",
                        "rejoin_tail_bytes 31.0",
                        "rejoin_tails_emptied_total 1.0",
                        "rejoin_catch_ups_waiting 1.0",
                        "rejoin_ephemeral_dropped_total 8.0",
                        "rejoin_ephemeral_unsent_total{why=\"interest\"} 2.0");
    }

    @Test
    void showsTheJvm() {
        assertThat(metrics.scrape())
                .contains("jvm_memory_used_bytes", "jvm_threads_live_threads", "process_uptime_seconds");
    }

    @Test
    void countsCodesThatClientsInventTogether() {
        metrics.closed(3999, 1);
        metrics.closed(4999, 1);
        metrics.closed(1006, 1);

        assertThat(metrics.scrape().lines())
                .contains(
                        "rejoin_connections_closed_total{code=\"other\"} 2.0",
                        "rejoin_connections_closed_total{code=\"1006\"} 1.0");
    }

    @Test
    void scrapesExactlyTheSignals() {
        tellEverythingOnce();

        List<String> scraped = metrics.scrape()
                .lines()
                .filter(line -> line.startsWith("# HELP rejoin_") && !line.contains("_seconds_max "))
                .map(line -> line.replaceAll("# HELP (\\S+) .*", "$1"))
                .sorted()
                .toList();

        assertThat(scraped)
                .isEqualTo(
                        Stream.of(Signal.values()).map(Signal::scraped).sorted().toList());
    }

    @Test
    void isDescribedInOperations() throws IOException {
        String rows = Stream.of(Signal.values())
                .map(signal -> "| `" + signal.scraped() + "` | " + signal.kind().text() + " | "
                        + (signal.tag().isEmpty() ? "" : "`" + signal.tag() + "`") + " | "
                        + signal.help() + " |\n")
                .collect(Collectors.joining());

        GeneratedPage.assertUpToDate(
                "operations.md", "metrics", "| name | type | tag | what it tells |\n|---|---|---|---|\n" + rows);
    }
}
