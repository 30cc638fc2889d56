package io.rejoin.chaos.flow;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/**
 * A publisher and a member that behave, while others flood the node: quiet phases and floods take turns. The node has its default
 * limits, and one room a rate of its own.
 */
final class Floods implements Show {

    static final String LIMITED_ROOM = "limited/one";

    private static final String ROOM = "healthy/one";
    /** Short, so that what never ends is ended while the show lasts. */
    private static final String NODE = """
            client:
              handshake-timeout: 1s
            rooms:
              "limited/": {publish-rate: 500}
            """;

    private static final int PADDING = 100;
    private static final double PER_SECOND = 500;
    private static final int WARM_UP_MILLIS = 600;
    private static final int FLOODING = 4504;
    /** Below it the scheduler decides, since those who flood need the same processors. */
    private static final long ALWAYS_GOOD_MS = 25;

    private static final Duration LIMIT = Duration.ofSeconds(60);

    @Override
    public String name() {
        return "floods";
    }

    @Override
    public void run(FlowPlan plan, Random random, Path directory, Report report) {
        try (FlowNode node = FlowNode.start(directory, NODE);
                FlowLoop loop = new FlowLoop();
                FlowLoop floodLoop = new FlowLoop()) {
            new Run(plan, node, loop, floodLoop, report).run();
        }
    }

    /** What one kind of flood did. */
    private static final class Tally {

        private final Flood.Kind kind;
        private final Comparison comparison;
        private final List<Flood> floods = new ArrayList<>();
        private long limited;

        Tally(Flood.Kind kind, int pairs) {
            this.kind = kind;
            this.comparison = new Comparison(pairs);
        }
    }

    /** One run of it. */
    private final class Run {

        private final FlowPlan plan;
        private final FlowNode node;
        private final FlowLoop loop;
        /** Apart from that of those who behave: else they would wait for the flooding clients, not for the node. */
        private final FlowLoop floodLoop;

        private final Report report;
        private final Delays delays = new Delays();
        private final Crowd member;
        private final FlowPublisher publisher;
        private final int pairs;

        Run(FlowPlan plan, FlowNode node, FlowLoop loop, FlowLoop floodLoop, Report report) {
            this.plan = plan;
            this.node = node;
            this.loop = loop;
            this.floodLoop = floodLoop;
            this.report = report;
            this.pairs = (plan.pairs() + 1) / 2;
            FlowSocket.Options options = FlowSocket.Options.to(node.endpoint());
            this.member = Crowd.join(loop, List.of(options), ROOM, 0, Pace.FULL, delays::onPublication);
            this.publisher = loop.call(() -> new FlowPublisher(
                    loop, options, ROOM, FlowPublisher.Load.full(PADDING).withRate(PER_SECOND)));
        }

        void run() {
            loop.await(publisher::isWelcome, LIMIT, publisher::state);
            loop.run(() -> publisher.publish(Long.MAX_VALUE / 2));
            List<Tally> tallies = tallies();
            warmUp();
            long heapBefore = node.liveHeapBytes();
            try (RssWatch rss = new RssWatch(node);
                    MachineWatch machine = new MachineWatch(node.pid())) {
                while (tallies.stream().anyMatch(tally -> tally.comparison.wantsMore())) {
                    for (Tally tally : tallies) {
                        if (tally.comparison.wantsMore()) {
                            group(tally, plan.floodMillis(), machine);
                        }
                    }
                }
                rss.tell(report, name());
            }
            report.tell(name(), "live heap before, MiB", heapBefore >> 20);
            report.tell(name(), "live heap after, MiB", node.liveHeapBytes() >> 20);
            tallies.forEach(this::tell);
            tellHealthy();
        }

        private List<Tally> tallies() {
            return Stream.of(Flood.Kind.values())
                    .map(kind -> new Tally(kind, pairs))
                    .toList();
        }

        private void warmUp() {
            try (MachineWatch machine = new MachineWatch(node.pid())) {
                tallies().forEach(tally -> group(tally, WARM_UP_MILLIS, machine));
            }
        }

        /** Quiet, flood, flood, quiet. */
        private void group(Tally tally, int millis, MachineWatch machine) {
            FlowNode.Counters start = node.counters();
            Comparison.Phase before = phase(millis, machine);
            Flood flood = new Flood(floodLoop, node.endpoint(), tally.kind, most(tally.kind));
            tally.floods.add(flood);
            floodLoop.run(flood::start);
            Comparison.Phase first = phase(millis, machine);
            Comparison.Phase second = phase(millis, machine);
            floodLoop.run(flood::stop);
            node.awaitConnections(2);
            tally.limited += node.counters().since(start, tally.kind.limit());
            tally.comparison.add(before, first);
            tally.comparison.add(phase(millis, machine), second);
        }

        /** Joins, each with its leave, are given as a whole. */
        private long most(Flood.Kind kind) {
            return kind == Flood.Kind.JOINS ? 4L * plan.joins() / pairs : Long.MAX_VALUE;
        }

        private Comparison.Phase phase(int millis, MachineWatch machine) {
            loop.call(delays::take);
            machine.take();
            LockSupport.parkNanos(millis * 1_000_000L);
            return new Comparison.Phase(loop.call(delays::take), machine.take());
        }

        private void tell(Tally tally) {
            List<Flood> all = tally.floods;
            String show = tally.kind.text();
            report.tell(
                    name(),
                    show + ": sent",
                    floodLoop.call(() -> all.stream().mapToLong(Flood::sent).sum()));
            report.tell(
                    name(),
                    show + ": answered",
                    floodLoop.call(() -> all.stream().mapToLong(Flood::answered).sum()));
            report.tell(
                    name(),
                    show + ": errors, by code, and closes",
                    floodLoop.call(() -> all.stream()
                            .map(flood -> flood.errors() + " " + flood.closes())
                            .toList()));
            if (!tally.kind.limit().isEmpty()) {
                report.require(name(), show + ": " + tally.kind.limit(), tally.limited, "> 0", tally.limited > 0);
            }
            if (tally.kind == Flood.Kind.PUBLISHES) {
                long closed = floodLoop.call(() -> all.stream()
                        .mapToLong(flood -> flood.closes().getOrDefault(FLOODING, 0L))
                        .sum());
                report.require(name(), show + ": closed with " + FLOODING, closed, "> 0", closed > 0);
            }
            tally.comparison.tell(report, name(), show + ": ", ALWAYS_GOOD_MS);
        }

        private void tellHealthy() {
            loop.run(publisher::stop);
            loop.await(publisher::isDone, LIMIT, publisher::state);
            member.awaitOffset(loop.call(publisher::published), LIMIT);
            report.tell(name(), "healthy: published", loop.call(publisher::published));
            report.require(
                    name(),
                    "healthy: errors and closes",
                    publisher.errors() + " " + publisher.fault() + member.counts(FlowMember::closes),
                    "{} {}",
                    publisher.errors().isEmpty()
                            && publisher.fault().isEmpty()
                            && member.counts(FlowMember::closes).isEmpty());
            report.requireNone(name(), "healthy: promises broken", member.faults());
        }
    }
}
