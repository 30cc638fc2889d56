package io.rejoin.chaos.report;

import io.rejoin.chaos.history.Op;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * A run over time: which faults lasted when, and under each other what was acknowledged, how long it took, which rooms owed an
 * answer, and how much memory nodes had. Faults are bands through all of it.
 *
 * <p>Threading: one thread.
 */
final class TimelineChart {

    private static final int WIDTH = 1_120;
    private static final int LEFT = 168;
    private static final int RIGHT = 16;
    private static final int TOP = 8;
    private static final int ROW = 16;
    private static final int TITLE = 36;
    private static final int PANEL = 80;
    private static final int TALL_PANEL = 130;
    private static final int AXIS = 34;
    /** About the width of one in the small font. */
    private static final double CHARACTER = 6.5;

    private static final int MAX_ROOMS = 24;
    private static final int MAX_COLUMNS = 300;
    private static final double MICROS_PER_MILLI = 1_000;
    private static final double NANOS_PER_SECOND = 1e9;
    private static final double MIB = 1 << 20;
    private static final long LONGEST_PAUSE_NANOS = 3_000_000_000L;
    private static final int[] STEPS = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600};
    private static final int MAX_TICKS = 12;

    private final RunFigures figures;
    private final double seconds;
    private int y;

    TimelineChart(RunFigures figures) {
        this.figures = figures;
        this.seconds = Math.max(1, figures.nanos() / NANOS_PER_SECOND);
    }

    String draw() {
        Map<String, List<FaultLog.Injection>> faults = figures.faults().byName();
        Map<String, List<Outages.Outage>> rooms = worstRooms();
        List<Column> columns = columns();
        int height = height(faults.size(), rooms.size());
        Svg svg = new Svg(WIDTH, height, "The run over time", description(rooms));
        int bottom = height - AXIS;
        bands(svg, bottom);
        phases(svg);
        lanes(svg, "faults", "fault", faults, this::injection);
        rate(svg, columns);
        latency(svg, "publish to ack", columns, column -> column.acks);
        latency(svg, "publish to delivery", columns, column -> column.deliveries);
        lanes(
                svg,
                "rooms that owed an answer for " + Outages.KEPT_NANOS / 1_000_000 + " ms and more",
                "outage",
                rooms,
                this::outage);
        memory(svg);
        axis(svg, bottom);
        return svg.end();
    }

    private int height(int faults, int rooms) {
        int panels = PANEL + 2 * TALL_PANEL + (figures.memory().isEmpty() ? 0 : PANEL + TITLE);
        return TOP + ROW + 5 * TITLE + (faults + rooms) * ROW + panels + AXIS;
    }

    private String description(Map<String, List<Outages.Outage>> rooms) {
        Histogram inside = figures.latencies().acks().inside;
        Histogram outside = figures.latencies().acks().outside;
        return String.format(
                Locale.ROOT,
                "%d faults of %d kinds in %.0f seconds. From publish to ack: half within %.1f ms and the longest %.0f ms while faults"
                        + " lasted, half within %.1f ms and the longest %.0f ms else. %d rooms are shown that owed an answer for long.",
                figures.faults().all().size(),
                figures.faults().byName().size(),
                seconds,
                inside.getValueAtPercentile(50) / MICROS_PER_MILLI,
                inside.getMaxValue() / MICROS_PER_MILLI,
                outside.getValueAtPercentile(50) / MICROS_PER_MILLI,
                outside.getMaxValue() / MICROS_PER_MILLI,
                rooms.size());
    }

    private void bands(Svg svg, int bottom) {
        figures.faults()
                .all()
                .forEach(fault -> svg.box(
                        "band", x(fault.start.at()), TOP, width(fault.start.at(), end(fault)), bottom - TOP, ""));
    }

    private void phases(Svg svg) {
        List<Op.Phase> phases = figures.phases();
        y = TOP;
        svg.text("label", LEFT - 8, y + ROW - 4, "end", "phase");
        for (int i = 0; i < phases.size(); i++) {
            long from = phases.get(i).at();
            long to = i + 1 < phases.size() ? phases.get(i + 1).at() : figures.nanos();
            svg.box("phase", x(from), y, width(from, to), ROW - 2, phases.get(i).name() + tip(from, to));
            if (width(from, to) > phases.get(i).name().length() * CHARACTER) {
                svg.text(
                        "inside",
                        x(from) + 4,
                        y + ROW - 5,
                        "start",
                        phases.get(i).name());
            }
        }
        y += ROW;
    }

    private <T> void lanes(Svg svg, String title, String style, Map<String, List<T>> lanes, Function<T, Span> span) {
        title(svg, title);
        lanes.forEach((name, items) -> {
            svg.text("label", LEFT - 8, y + ROW - 4, "end", name);
            svg.line("rule", LEFT, y + ROW - 1, WIDTH - RIGHT, y + ROW - 1);
            for (T item : items) {
                Span bar = span.apply(item);
                svg.box(style, x(bar.from), y + 2, width(bar.from, bar.to), ROW - 4, bar.tip);
            }
            y += ROW;
        });
    }

    private Span injection(FaultLog.Injection fault) {
        long to = end(fault);
        return new Span(
                fault.start.at(),
                to,
                fault.start.fault() + ' ' + String.join(", ", fault.start.nodes()) + tip(fault.start.at(), to) + ", "
                        + fault.start.inFlight() + " publishes in flight");
    }

    private Span outage(Outages.Outage outage) {
        return new Span(outage.from(), outage.to(), outage.room() + tip(outage.from(), outage.to()));
    }

    private void rate(Svg svg, List<Column> columns) {
        double most = columns.stream().mapToDouble(Column::acksPerSecond).max().orElse(1);
        double scale = Math.max(1, most);
        title(svg, "acks per second");
        grid(svg, PANEL, List.of(0.0, scale), scale, value -> value, "");
        path(svg, "rate", columns, PANEL, column -> column.acksPerSecond() / scale);
        y += PANEL;
    }

    private void latency(Svg svg, String title, List<Column> columns, Function<Column, Histogram> histogram) {
        double most = columns.stream()
                .mapToDouble(column -> histogram.apply(column).getMaxValue() / MICROS_PER_MILLI)
                .max()
                .orElse(1);
        double decades = Math.max(1, Math.ceil(Math.log10(Math.max(most, 10))));
        List<Double> ticks = new ArrayList<>();
        for (double tick = 1; tick <= Math.pow(10, decades) * 1.001; tick *= 10) {
            ticks.add(tick);
        }
        title(svg, title + ": half within the lower line, all within the upper one");
        grid(svg, TALL_PANEL, ticks, decades, Math::log10, " ms");
        path(svg, "most", columns, TALL_PANEL, column -> logarithm(histogram.apply(column), 100, decades));
        path(svg, "half", columns, TALL_PANEL, column -> logarithm(histogram.apply(column), 50, decades));
        y += TALL_PANEL;
    }

    private void memory(Svg svg) {
        if (figures.memory().isEmpty()) {
            return;
        }
        double most = figures.memory().values().stream()
                .flatMap(List::stream)
                .mapToLong(Op.Memory::rssBytes)
                .max()
                .orElse(1);
        double scale = Math.max(1, most / MIB);
        title(svg, "memory of each node");
        grid(svg, PANEL, List.of(0.0, Math.ceil(scale)), scale, value -> value, " MiB");
        figures.memory().forEach((node, samples) -> {
            StringBuilder points = new StringBuilder();
            long before = Long.MIN_VALUE / 2;
            for (Op.Memory sample : samples) {
                boolean connected = sample.at() - before < LONGEST_PAUSE_NANOS;
                point(points, connected, x(sample.at()), sample.rssBytes() / MIB / scale, PANEL);
                before = sample.at();
            }
            svg.path("memory", points);
        });
        y += PANEL;
    }

    private void title(Svg svg, String title) {
        svg.text("title", LEFT, y + TITLE - 13, "start", title);
        y += TITLE;
    }

    private void grid(
            Svg svg, int height, List<Double> ticks, double scale, ToDoubleFunction<Double> position, String unit) {
        for (double tick : ticks) {
            double at = y + height - position.applyAsDouble(tick) / scale * height;
            svg.line("rule", LEFT, at, WIDTH - RIGHT, at);
            svg.text("label", LEFT - 8, at + 4, "end", String.format(Locale.ROOT, "%,.0f", tick) + unit);
        }
    }

    /** A share below 0 breaks the line. */
    private void path(Svg svg, String style, List<Column> columns, int height, ToDoubleFunction<Column> share) {
        StringBuilder points = new StringBuilder();
        boolean connected = false;
        for (Column column : columns) {
            double value = share.applyAsDouble(column);
            if (value >= 0) {
                point(points, connected, xOfSecond(column.from + column.seconds / 2.0), value, height);
            }
            connected = value >= 0;
        }
        svg.path(style, points);
    }

    private void point(StringBuilder points, boolean connected, double x, double share, int height) {
        points.append(connected ? 'L' : 'M')
                .append(Svg.coordinate(x))
                .append(' ')
                .append(Svg.coordinate(y + height - Math.min(1, share) * height));
        if (!connected) {
            // A point without neighbours is seen, too.
            points.append("h0.1");
        }
    }

    private void axis(Svg svg, int bottom) {
        int step = 3_600;
        for (int candidate : STEPS) {
            if (seconds / candidate <= MAX_TICKS) {
                step = candidate;
                break;
            }
        }
        svg.line("axis", LEFT, bottom, WIDTH - RIGHT, bottom);
        for (int second = 0; second <= seconds; second += step) {
            svg.line("axis", xOfSecond(second), bottom, xOfSecond(second), bottom + 4);
            svg.text("label", xOfSecond(second), bottom + 17, "middle", second + " s");
        }
    }

    private Map<String, List<Outages.Outage>> worstRooms() {
        Map<String, List<Outages.Outage>> rooms = new TreeMap<>();
        figures.outages()
                .outages()
                .forEach(outage -> rooms.computeIfAbsent(outage.room(), r -> new ArrayList<>())
                        .add(outage));
        List<String> others = rooms.entrySet().stream()
                .sorted(Comparator.comparingLong(room -> -room.getValue().stream()
                        .mapToLong(o -> o.to() - o.from())
                        .sum()))
                .skip(MAX_ROOMS)
                .map(Map.Entry::getKey)
                .toList();
        rooms.keySet().removeAll(others);
        return rooms;
    }

    private List<Column> columns() {
        List<Latencies.Second> all = figures.latencies().seconds();
        int each = Math.max(1, (all.size() + MAX_COLUMNS - 1) / MAX_COLUMNS);
        List<Column> columns = new ArrayList<>();
        for (int from = 0; from < all.size(); from += each) {
            Column column = new Column(from, Math.min(each, all.size() - from));
            all.subList(from, from + column.seconds).forEach(column::add);
            columns.add(column);
        }
        return columns;
    }

    private static double logarithm(Histogram micros, double percent, double decades) {
        if (micros.getTotalCount() == 0) {
            return -1;
        }
        double millis = micros.getValueAtPercentile(percent) / MICROS_PER_MILLI;
        return Math.max(0, Math.log10(Math.max(1, millis)) / decades);
    }

    private static String tip(long from, long to) {
        return String.format(
                Locale.ROOT, ", at %.1f s for %.1f s", from / NANOS_PER_SECOND, (to - from) / NANOS_PER_SECOND);
    }

    private long end(FaultLog.Injection fault) {
        return fault.start.at() + fault.nanos(figures.nanos());
    }

    private double x(long at) {
        return xOfSecond(at / NANOS_PER_SECOND);
    }

    private double xOfSecond(double second) {
        return LEFT + second / seconds * (WIDTH - LEFT - RIGHT);
    }

    /** At least so wide that it is seen. */
    private double width(long from, long to) {
        return Math.max(1.5, x(to) - x(from));
    }

    private record Span(long from, long to, String tip) {}

    /** Some seconds together, as many as fit. */
    private static final class Column {
        final int from;
        final int seconds;
        final Histogram acks = new Histogram(2);
        final Histogram deliveries = new Histogram(2);

        Column(int from, int seconds) {
            this.from = from;
            this.seconds = seconds;
        }

        void add(Latencies.Second second) {
            acks.add(second.acks);
            deliveries.add(second.deliveries);
        }

        double acksPerSecond() {
            return acks.getTotalCount() / (double) seconds;
        }
    }
}
