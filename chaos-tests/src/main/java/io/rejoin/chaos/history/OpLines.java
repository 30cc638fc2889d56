package io.rejoin.chaos.history;

import io.vertx.core.json.JsonArray;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes an operation as one line of JSON, an array that starts with time and kind, and reads it back. */
final class OpLines {

    private OpLines() {}

    static String write(Op op) {
        JsonArray line = new JsonArray().add(op.at()).add(op.getClass().getSimpleName());
        if (op instanceof Op.Send o) {
            line.add(o.publisher()).add(o.room()).add(o.value()).add(o.number()).add(o.again());
        } else if (op instanceof Op.Ack o) {
            line.add(o.publisher()).add(o.room()).add(o.value()).add(o.number());
            add(line, o.point());
            line.add(o.node());
        } else if (op instanceof Op.Fail o) {
            line.add(o.publisher()).add(o.room()).add(o.value()).add(o.number()).add(o.reason());
        } else if (op instanceof Op.Unknown o) {
            line.add(o.publisher()).add(o.room()).add(o.value()).add(o.number()).add(o.reason());
        } else if (op instanceof Op.Welcome o) {
            line.add(o.client()).add(o.node()).add(o.asked()).add(o.resumed()).add(o.sameId());
        } else if (op instanceof Op.Joined o) {
            line.add(o.stream()).add(o.room());
            add(line, o.asked());
            add(line, o.point());
            line.add(o.outcome());
            add(line, o.gap());
        } else if (op instanceof Op.Delivery o) {
            line.add(o.stream()).add(o.room());
            add(line, o.point());
            line.add(o.value());
        } else if (op instanceof Op.Gap o) {
            line.add(o.stream()).add(o.room());
            add(line, o.bounds());
            add(line, o.point());
        } else if (op instanceof Op.Read o) {
            line.add(o.node()).add(o.room());
            add(line, o.point());
            line.add(o.value());
        } else if (op instanceof Op.ReadEnd o) {
            line.add(o.node()).add(o.room()).add(o.skipped());
            add(line, o.head());
        } else if (op instanceof Op.Violation o) {
            line.add(o.client()).add(o.what());
        } else if (op instanceof Op.FaultStart o) {
            line.add(o.id()).add(o.fault()).add(new JsonArray(o.nodes())).add(o.inFlight());
        } else if (op instanceof Op.FaultEnd o) {
            line.add(o.id()).add(o.fault()).add(new JsonArray(o.nodes()));
        } else if (op instanceof Op.Memory o) {
            line.add(o.node()).add(o.rssBytes());
        } else if (op instanceof Op.Phase o) {
            line.add(o.name());
        }
        return line.encode();
    }

    static Op read(String text) {
        JsonArray a = new JsonArray(text);
        long at = a.getLong(0);
        String kind = a.getString(1);
        return switch (kind) {
            case "Send" ->
                new Op.Send(at, a.getString(2), a.getString(3), a.getString(4), a.getLong(5), a.getBoolean(6));
            case "Ack" ->
                new Op.Ack(
                        at, a.getString(2), a.getString(3), a.getString(4), a.getLong(5), point(a, 6), a.getString(8));
            case "Fail" ->
                new Op.Fail(at, a.getString(2), a.getString(3), a.getString(4), a.getLong(5), a.getString(6));
            case "Unknown" ->
                new Op.Unknown(at, a.getString(2), a.getString(3), a.getString(4), a.getLong(5), a.getString(6));
            case "Welcome" ->
                new Op.Welcome(at, a.getString(2), a.getString(3), a.getBoolean(4), a.getBoolean(5), a.getBoolean(6));
            case "Joined" ->
                new Op.Joined(
                        at,
                        a.getString(2),
                        a.getString(3),
                        a.getLong(5) < 0 ? null : point(a, 4),
                        point(a, 6),
                        a.getString(8),
                        a.getString(9).isEmpty() ? null : bounds(a, 9));
            case "Delivery" -> new Op.Delivery(at, a.getString(2), a.getString(3), point(a, 4), a.getString(6));
            case "Gap" -> new Op.Gap(at, a.getString(2), a.getString(3), bounds(a, 4), point(a, 7));
            case "Read" -> new Op.Read(at, a.getString(2), a.getString(3), point(a, 4), a.getString(6));
            case "ReadEnd" -> new Op.ReadEnd(at, a.getString(2), a.getString(3), a.getLong(4), point(a, 5));
            case "Violation" -> new Op.Violation(at, a.getString(2), a.getString(3));
            case "FaultStart" ->
                new Op.FaultStart(at, a.getInteger(2), a.getString(3), names(a.getJsonArray(4)), a.getInteger(5));
            case "FaultEnd" -> new Op.FaultEnd(at, a.getInteger(2), a.getString(3), names(a.getJsonArray(4)));
            case "Memory" -> new Op.Memory(at, a.getString(2), a.getLong(3));
            case "Phase" -> new Op.Phase(at, a.getString(2));
            default -> throw new IllegalArgumentException("kind of operation: " + kind + " (expected: a record of Op)");
        };
    }

    private static List<String> names(JsonArray array) {
        return array.stream().map(String.class::cast).toList();
    }

    private static void add(JsonArray line, @Nullable Point point) {
        line.add(point == null ? "" : point.epoch()).add(point == null ? -1L : point.offset());
    }

    private static void add(JsonArray line, Op.@Nullable Bounds bounds) {
        line.add(bounds == null ? "" : bounds.reason());
        line.add(bounds == null ? -1L : bounds.from());
        line.add(bounds == null ? -1L : bounds.to());
    }

    private static Point point(JsonArray line, int index) {
        return new Point(line.getString(index), line.getLong(index + 1));
    }

    private static Op.Bounds bounds(JsonArray line, int index) {
        return new Op.Bounds(line.getString(index), line.getLong(index + 1), line.getLong(index + 2));
    }
}
