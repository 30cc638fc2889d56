package io.rejoin.chaos.flow;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * A publisher and a member that behave, while others flood the node: quiet phases and floods take turns. The node has its default
 * limits.
 */
final class Floods implements Show {

    private static final String ROOM = "healthy/one";
    /** Short, so that what never ends is ended while the show lasts. */
    private static final String NODE = """
            client:
              handshake-timeout: 1s
            """;

    private static final int PADDING = 100;
    private static final double PER_SECOND = 500;
    private static final int WARM_UP_MILLIS = 600;
    private static final long MOST_GROWTH = 96L << 20;
    private static final double MOST_RATIO = 2;
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

    /** What one kind of flood did, phase by phase. */
    private static final class Tally {

        private final Flood.Kind kind;
        private final List<Histogram> phases = new ArrayList<>();
        private final List<Flood> floods = new ArrayList<>();

        Tally(Flood.Kind kind) {
            this.kind = kind;
        }

        void clear() {
            phases.clear();
            floods.clear();
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
        private final int rounds;
        private final List<Histogram> quiet = new ArrayList<>();
        private final List<Tally> tallies =
                Stream.of(Flood.Kind.values()).map(Tally::new).toList();

        Run(FlowPlan plan, FlowNode node, FlowLoop loop, FlowLoop floodLoop, Report report) {
            this.plan = plan;
            this.node = node;
            this.loop = loop;
            this.floodLoop = floodLoop;
            this.report = report;
            this.rounds = (plan.pairs() + 1) / 2;
            FlowSocket.Options options = FlowSocket.Options.to(node.endpoint());
            this.member = Crowd.join(loop, List.of(options), ROOM, 0, Pace.FULL, delays::onPublication);
            this.publisher = loop.call(() -> new FlowPublisher(
                    loop, options, ROOM, FlowPublisher.Load.full(PADDING).withRate(PER_SECOND)));
        }

        void run() {
            loop.await(publisher::isWelcome, LIMIT, publisher::state);
            loop.run(() -> publisher.publish(Long.MAX_VALUE / 2));
            round(WARM_UP_MILLIS);
            quiet.clear();
            tallies.forEach(Tally::clear);
            long heapBefore = node.liveHeapBytes();
            try (RssWatch rss = new RssWatch(node)) {
                for (int i = 0; i < rounds; i++) {
                    round(plan.floodMillis());
                }
                report.tell(name(), "RSS before, MiB", rss.before() >> 20);
                report.require(
                        name(),
                        "growth of RSS, MiB",
                        rss.growth() >> 20,
                        "< " + (MOST_GROWTH >> 20),
                        rss.growth() < MOST_GROWTH);
            }
            report.tell(name(), "live heap before, MiB", heapBefore >> 20);
            report.tell(name(), "live heap after, MiB", node.liveHeapBytes() >> 20);
            report.tell(name(), "quiet: p99, ms, phase by phase", Delays.millis(quiet));
            tallies.forEach(this::tell);
            tellHealthy();
        }

        private void round(int millis) {
            for (Tally tally : tallies) {
                quiet.add(phase(millis));
                Flood flood = new Flood(floodLoop, node.endpoint(), tally.kind, most(tally.kind));
                tally.floods.add(flood);
                floodLoop.run(flood::start);
                tally.phases.add(phase(millis));
                floodLoop.run(flood::stop);
                node.awaitConnections(2);
                loop.call(delays::take);
            }
        }

        /** Joins, each with its leave, are given as a whole. */
        private long most(Flood.Kind kind) {
            return kind == Flood.Kind.JOINS ? 2L * plan.joins() / rounds : Long.MAX_VALUE;
        }

        private Histogram phase(int millis) {
            loop.call(delays::take);
            LockSupport.parkNanos(millis * 1_000_000L);
            return loop.call(delays::take);
        }

        private void tell(Tally tally) {
            List<Flood> all = tally.floods;
            double ratio = (double) Delays.median(tally.phases, Delays::p99) / Delays.median(quiet, Delays::p99);
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
            report.tell(name(), show + ": p99, ms, phase by phase", Delays.millis(tally.phases));
            report.require(
                    name(),
                    show + ": p99 with : quiet",
                    String.format(Locale.ROOT, "%.2f", ratio),
                    "<= " + MOST_RATIO + ", or p99 below " + ALWAYS_GOOD_MS + " ms",
                    ratio <= MOST_RATIO || Delays.median(tally.phases, Delays::p99) < ALWAYS_GOOD_MS * 1_000);
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
