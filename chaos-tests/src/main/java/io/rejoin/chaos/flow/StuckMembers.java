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
 * One publisher at full speed and healthy members, without and with many members that never read. Phases without and with them take
 * turns, so that whatever changes on the machine changes both.
 *
 * <p>Full speed is the speed at which the healthy members read: so much and no more is published ahead of the slowest of them. In a
 * last phase it is the speed of acknowledgements, which members may be too slow for.
 */
final class StuckMembers implements Show {

    /** In both rooms the node closes those that do not read, while the last phase lasts. */
    private static final String NODE = """
            heartbeat:
              interval: 120s
            client:
              close-timeout: %s
            limits:
              frames-rate: 0
              bytes-rate: 0B
              publish-rate: 0
            rooms:
              "durable/":
                slow-consumer-grace: 3s
              "conflated/":
                class: conflated
                slow-consumer-grace: 3s
            """;

    private static final int MEGABYTE = 1 << 20;
    /** Publications ahead of the slowest healthy member. */
    private static final int AHEAD = 32;

    private static final int WARM_PHASES = 3;
    private static final int SETTLE_MEGABYTES = 4;
    private static final int SLOW_CONSUMER = 4002;
    private static final long MOST_HEAP_GROWTH = 32L << 20;
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final String name;
    private final String room;
    private final int padding;
    private final int keys;
    private final boolean countsAll;

    private StuckMembers(String name, String room, int padding, int keys, boolean countsAll) {
        this.name = name;
        this.room = room;
        this.padding = padding;
        this.keys = keys;
        this.countsAll = countsAll;
    }

    /** In a durable room; sockets of closed members are cut off before they wake. */
    static StuckMembers durable() {
        return new StuckMembers("stuck-members", "durable/one", 16 << 10, 0, false);
    }

    /** In a conflated room; closed members wake in time to read the close frame, so that what was written is what was read. */
    static StuckMembers conflated() {
        return new StuckMembers("conflated", "conflated/one", 2 << 10, 50, true);
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void run(FlowPlan plan, Random random, Path directory, Report report) {
        try (FlowNode node = FlowNode.start(directory, NODE.formatted(countsAll ? "60s" : "1s"));
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
        private final List<String> faults = new ArrayList<>();
        private long goal;
        private long ahead = AHEAD;
        private final SortedMap<String, Long> missing = new TreeMap<>();
        private final SortedMap<Integer, Long> closes = new TreeMap<>();
        private long received;

        Run(FlowPlan plan, Random random, FlowNode node, FlowLoop loop, Report report) {
            this.plan = plan;
            this.random = random;
            this.node = node;
            this.loop = loop;
            this.report = report;
            this.options = FlowSocket.Options.to(node.endpoint());
            this.publisher = loop.call(() -> new FlowPublisher(
                    loop, options, room, FlowPublisher.Load.full(padding).withKeys(keys)));
            this.healthy = Crowd.join(
                    loop, Collections.nCopies(plan.healthy(), options), room, keys, Pace.FULL, this::onHealthy);
        }

        void run() {
            drive(WARM_PHASES * plan.phaseMegabytes());
            loop.call(delays::take);
            FlowNode.Counters start = node.counters();
            count(healthy, -1);
            long heapBefore = node.liveHeapBytes();
            Comparison comparison = new Comparison(plan.pairs());
            long heapWith = 0;
            double megabytesWith = 0;
            try (RssWatch rss = new RssWatch(node);
                    MachineWatch machine = new MachineWatch(node.pid())) {
                while (comparison.wantsMore()) {
                    // Without, with, with, without: what grows or shrinks steadily meanwhile falls on both.
                    Comparison.Phase before = measure(machine);
                    Crowd stuck = joinStuck();
                    drive(SETTLE_MEGABYTES);
                    Comparison.Phase first = measure(machine);
                    Comparison.Phase second = measure(machine);
                    heapWith = Math.max(heapWith, node.liveHeapBytes());
                    wake(stuck);
                    comparison.add(before, first);
                    comparison.add(measure(machine), second);
                    megabytesWith += 2 * plan.phaseMegabytes() + SETTLE_MEGABYTES;
                }
                if (keys == 0) {
                    long gaps = healthy.sum(m -> m.stream().gaps().size());
                    report.require(name, "gaps told to healthy members", gaps, "0", gaps == 0);
                }
                overrun();
                megabytesWith += plan.phaseMegabytes();
                report.tell(
                        name,
                        "MB through the room while " + plan.stuck() + " members do not read",
                        Math.round(megabytesWith));
                tellMemory(rss, heapBefore, heapWith);
            }
            comparison.tell(report, name, "", 0);
            count(healthy, 1);
            faults.addAll(healthy.faults());
            report.tell(name, "publications delivered", received);
            report.tell(name, "publications announced as missing, by reason", missing);
            report.tell(name, "connections that ended, by code", closes);
            report.requireNone(name, "promises broken to members", faults);
            if (countsAll) {
                requireCounts(start, node.counters());
            }
        }

        /** What was written is what was read: no socket was cut off. */
        private void requireCounts(FlowNode.Counters start, FlowNode.Counters end) {
            report.requireEqual(name, "delivered", end.since(start, "rejoin_deliveries_total"), received);
            report.requireEqual(
                    name,
                    "conflated",
                    end.since(start, "rejoin_conflated_total"),
                    missing.getOrDefault("conflated", 0L));
            report.requireEqual(
                    name,
                    "closed with 4002",
                    end.since(start, "rejoin_connections_closed_total", "code", Integer.toString(SLOW_CONSUMER)),
                    closes.getOrDefault(SLOW_CONSUMER, 0L));
        }

        /** Adds, or takes away, what members have seen so far. */
        private void count(Crowd crowd, int sign) {
            received += sign * crowd.sum(m -> m.stream().received());
            crowd.counts(m -> m.stream().missing()).forEach((reason, n) -> missing.merge(reason, sign * n, Long::sum));
            crowd.counts(FlowMember::closes).forEach((code, n) -> closes.merge(code, sign * n, Long::sum));
        }

        private void onHealthy(ServerFrame publication) {
            delays.onPublication(publication);
            feed();
        }

        private void feed() {
            long more = Math.min(goal, healthy.slowest() + ahead) - publisher.wanted();
            if (more > 0) {
                publisher.publish(more);
            }
        }

        private Comparison.Phase measure(MachineWatch machine) {
            loop.call(delays::take);
            machine.take();
            drive(plan.phaseMegabytes());
            return new Comparison.Phase(loop.call(delays::take), machine.take());
        }

        /** Publishes so much and waits until all healthy members have it. */
        private void drive(int megabytes) {
            long end = loop.call(() -> {
                goal = publisher.wanted() + (long) megabytes * MEGABYTE / padding;
                feed();
                return goal;
            });
            loop.await(publisher::isWelcome, LIMIT, publisher::state);
            healthy.awaitOffset(end, LIMIT);
        }

        private Crowd joinStuck() {
            List<FlowSocket.Options> each = new ArrayList<>();
            for (int i = 0; i < plan.stuck(); i++) {
                each.add(options.withSomeReceiveBuffer(random));
            }
            return Crowd.join(loop, each, room, keys, Pace.NONE, publication -> {});
        }

        /** Lets them read again until they are at the head, and checks what they saw. */
        private void wake(Crowd stuck) {
            stuck.pace(Pace.FULL);
            stuck.awaitOffset(loop.call(publisher::published), LIMIT);
            if (keys > 0) {
                loop.run(() -> stuck.members().forEach(member -> member.stream().checkKeys()));
            }
            faults.addAll(stuck.faults());
            count(stuck, 1);
            stuck.leave();
            node.awaitConnections(healthy.size() + 1);
        }

        /** Without regard to the healthy members, and until the node has closed those that do not read. */
        private void overrun() {
            FlowNode.Counters before = node.counters();
            Crowd stuck = joinStuck();
            loop.run(() -> ahead = Long.MAX_VALUE / 2);
            drive(plan.phaseMegabytes());
            Await.until(
                    () -> ended(before) == stuck.size(),
                    LIMIT,
                    () -> "members that the node closed: " + ended(before) + " (expected: " + stuck.size() + ")");
            wake(stuck);
        }

        /** Counted when it is decided where they shall read the close frame, and else when their socket is gone. */
        private long ended(FlowNode.Counters before) {
            return countsAll
                    ? node.counters().since(before, "rejoin_slow_consumers_total", "action", "close")
                    : node.counters()
                            .since(before, "rejoin_connections_closed_total", "code", Integer.toString(SLOW_CONSUMER));
        }

        private void tellMemory(RssWatch rss, long heapBefore, long heapWith) {
            rss.tell(report, name);
            report.tell(name, "live heap before, MiB", heapBefore / MEGABYTE);
            report.require(
                    name,
                    "live heap with stuck members, MiB",
                    heapWith / MEGABYTE,
                    "< " + (heapBefore + MOST_HEAP_GROWTH) / MEGABYTE,
                    heapWith < heapBefore + MOST_HEAP_GROWTH);
        }
    }
}
