package io.rejoin.chaos.flow;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A room that keeps no log, without and with members that never read: what they do not take is dropped and counted, and what is
 * counted is what they did not get. Publishing goes at a steady rate, since nothing acknowledges it.
 */
final class EphemeralRoom implements Show {

    private static final String ROOM = "ephemeral/one";
    private static final String NODE = """
            heartbeat:
              interval: 120s
            rooms:
              "ephemeral/": {class: ephemeral}
            """;

    private static final int PADDING = 1 << 10;
    private static final double PER_SECOND = 2_000;
    /** Until then, sockets of those who do not read take what is written. */
    private static final int SETTLE_MILLIS = 300;

    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Override
    public String name() {
        return "ephemeral";
    }

    @Override
    public void run(FlowPlan plan, Random random, Path directory, Report report) {
        try (FlowNode node = FlowNode.start(directory, NODE);
                FlowLoop loop = new FlowLoop()) {
            new Run(plan, random, node, loop, report).run();
        }
    }

    /** One run of it. */
    private final class Run {

        private final FlowPlan plan;
        private final Random random;
        private final FlowNode node;
        private final FlowLoop loop;
        private final Report report;
        private final Delays delays = new Delays();
        private final FlowSocket.Options options;
        private final Crowd healthy;
        private final FlowPublisher publisher;
        private final FlowNode.Counters start;
        /** What members were to get or to be counted for, up to the last phase. */
        private long expected;

        private long unsent;
        private final SortedMap<Integer, Long> closes = new TreeMap<>();
        private long receivedByStuck;

        Run(FlowPlan plan, Random random, FlowNode node, FlowLoop loop, Report report) {
            this.plan = plan;
            this.random = random;
            this.node = node;
            this.loop = loop;
            this.report = report;
            this.options = FlowSocket.Options.to(node.endpoint());
            FlowPublisher.Load load =
                    FlowPublisher.Load.full(PADDING).asEphemeral().withRate(PER_SECOND);
            this.publisher = loop.call(() -> new FlowPublisher(loop, options, ROOM, load));
            this.healthy = Crowd.join(
                    loop, Collections.nCopies(plan.healthy(), options), ROOM, 0, Pace.FULL, delays::onPublication);
            loop.await(publisher::isWelcome, LIMIT, publisher::state);
            this.start = node.counters();
        }

        void run() {
            publish(healthy.size(), plan.ephemeralMillis());
            Comparison comparison = new Comparison(plan.pairs());
            try (RssWatch rss = new RssWatch(node);
                    MachineWatch machine = new MachineWatch(node.pid())) {
                while (comparison.wantsMore()) {
                    Comparison.Phase before = measure(healthy.size(), machine);
                    Crowd stuck = joinStuck();
                    publish(healthy.size() + stuck.size(), SETTLE_MILLIS);
                    Comparison.Phase first = measure(healthy.size() + stuck.size(), machine);
                    Comparison.Phase second = measure(healthy.size() + stuck.size(), machine);
                    wake(stuck);
                    comparison.add(before, first);
                    comparison.add(measure(healthy.size(), machine), second);
                }
                rss.tell(report, name());
            }
            comparison.tell(report, name(), "", 0);
            count();
        }

        private Comparison.Phase measure(int members, MachineWatch machine) {
            loop.call(delays::take);
            machine.take();
            publish(members, plan.ephemeralMillis());
            return new Comparison.Phase(loop.call(delays::take), machine.take());
        }

        /** Publishes for a while, and waits until the node has written or dropped all that it sent for each member. */
        private void publish(int members, int millis) {
            long count = Math.round(PER_SECOND * millis / 1e3);
            long earlier = expected;
            loop.run(() -> publisher.publish(count));
            // Metrics are asked for afterwards: that costs the node a part of what is measured.
            loop.await(publisher::isDone, LIMIT, publisher::state);
            Await.until(
                    () -> {
                        FlowNode.Counters now = node.counters();
                        expected = earlier + (count - (unsent(now) - unsent)) * members;
                        return delivered(now) + dropped(now) >= expected;
                    },
                    LIMIT,
                    () -> "delivered " + delivered(node.counters()) + " and dropped " + dropped(node.counters())
                            + " (expected: " + expected + " together), " + loop.call(publisher::state));
            unsent = unsent(node.counters());
        }

        private Crowd joinStuck() {
            List<FlowSocket.Options> each = new ArrayList<>();
            for (int i = 0; i < plan.stuck(); i++) {
                each.add(options.withSomeReceiveBuffer(random));
            }
            return Crowd.join(loop, each, ROOM, 0, Pace.NONE, publication -> {});
        }

        /** Lets them read what was written to them, and forgets them. */
        private void wake(Crowd stuck) {
            stuck.pace(Pace.FULL);
            Await.until(
                    () -> received(stuck) >= delivered(node.counters()),
                    LIMIT,
                    () -> "received " + received(stuck) + " (expected: the " + delivered(node.counters())
                            + " that were written)");
            stuck.counts(FlowMember::closes).forEach((code, count) -> closes.merge(code, count, Long::sum));
            receivedByStuck += stuck.sum(FlowMember::ephemeral);
            stuck.leave();
            node.awaitConnections(healthy.size() + 1);
        }

        private long received(Crowd stuck) {
            return receivedByStuck + healthy.sum(FlowMember::ephemeral) + stuck.sum(FlowMember::ephemeral);
        }

        private long delivered(FlowNode.Counters now) {
            return now.since(start, "rejoin_ephemeral_deliveries_total");
        }

        private long dropped(FlowNode.Counters now) {
            return now.since(start, "rejoin_ephemeral_dropped_total");
        }

        private long unsent(FlowNode.Counters now) {
            return now.since(start, "rejoin_ephemeral_unsent_total");
        }

        private void count() {
            FlowNode.Counters end = node.counters();
            long received = receivedByStuck + healthy.sum(FlowMember::ephemeral);
            report.tell(name(), "published", loop.call(publisher::published));
            report.tell(name(), "of these sent to nobody", unsent(end));
            report.requireEqual(name(), "delivered", delivered(end), received);
            report.requireEqual(name(), "dropped", dropped(end), expected - received);
            report.require(name(), "dropped at all", dropped(end), "> 0", dropped(end) > 0);
            healthy.counts(FlowMember::closes).forEach((code, count) -> closes.merge(code, count, Long::sum));
            report.require(name(), "connections that ended, by code", closes, "{}", closes.isEmpty());
            report.require(
                    name(),
                    "errors to the publisher",
                    loop.call(publisher::errors),
                    "{}",
                    publisher.errors().isEmpty());
        }
    }
}
