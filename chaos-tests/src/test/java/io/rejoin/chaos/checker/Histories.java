package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.List;

/** Short names for operations of hand-made histories: one room "r", one publisher "p", one client "s" unless told otherwise. */
final class Histories {

    private Histories() {}

    static Verdict check(Checker checker, Op... history) {
        for (Op op : history) {
            checker.accept(op);
        }
        return checker.finish();
    }

    static Point at(String epoch, long offset) {
        return new Point(epoch, offset);
    }

    static Point at(long offset) {
        return new Point("e", offset);
    }

    static Op.Send send(int n) {
        return new Op.Send(0, "p", "r", "p." + n, n, false);
    }

    static Op.Send resend(int n) {
        return new Op.Send(0, "p", "r", "p." + n, n, true);
    }

    static Op.Ack ack(int n, long offset) {
        return new Op.Ack(0, "p", "r", "p." + n, n, at(offset), "n1");
    }

    static Op.Ack ack(int n, Point point) {
        return new Op.Ack(0, "p", "r", "p." + n, n, point, "n1");
    }

    static Op.Fail fail(int n) {
        return new Op.Fail(0, "p", "r", "p." + n, n, "skipped");
    }

    static Op.Joined joined(String stream, Point asked, Point point) {
        return new Op.Joined(0, stream, "r", asked, point, "resumed", null);
    }

    static Op.Joined joinedLive(String stream, Point point) {
        return new Op.Joined(0, stream, "r", null, point, "live", null);
    }

    static Op.Joined joinedGap(String stream, Point asked, Op.Bounds gap, Point point) {
        return new Op.Joined(0, stream, "r", asked, point, "gap", gap);
    }

    static Op.Delivery delivery(String stream, long offset, int n) {
        return new Op.Delivery(0, stream, "r", at(offset), "p." + n);
    }

    static Op.Delivery delivery(String stream, Point point, int n) {
        return new Op.Delivery(0, stream, "r", point, "p." + n);
    }

    static Op.Gap gap(String stream, Op.Bounds bounds, Point point) {
        return new Op.Gap(0, stream, "r", bounds, point);
    }

    static Op.Read read(String node, long offset, int n) {
        return new Op.Read(0, node, "r", at(offset), "p." + n);
    }

    static Op.Read read(String node, Point point, int n) {
        return new Op.Read(0, node, "r", point, "p." + n);
    }

    static Op.ReadEnd readEnd(String node, long skipped, long head) {
        return new Op.ReadEnd(0, node, "r", skipped, at(head));
    }

    static Op.ReadEnd readEnd(String node, long skipped, Point head) {
        return new Op.ReadEnd(0, node, "r", skipped, head);
    }

    static Op.Phase phase(String name) {
        return new Op.Phase(0, name);
    }

    static Op.FaultStart fault(int id, String name, String... nodes) {
        return new Op.FaultStart(0, id, name, List.of(nodes), 0);
    }

    static Op.FaultEnd healed(int id, String name, String... nodes) {
        return new Op.FaultEnd(0, id, name, List.of(nodes));
    }

    static Op.FaultStart doubleKill() {
        return fault(1, "double-kill", "n1", "n2");
    }

    static Op.Welcome welcome(long atMs, String client, boolean asked, boolean resumed) {
        return new Op.Welcome(atMs * 1_000_000, client, "n1", asked, resumed, true);
    }

    /** The same in a room that conflates. */
    static Op conflated(Op op) {
        String room = "conflated";
        if (op instanceof Op.Ack o) {
            return new Op.Ack(o.at(), o.publisher(), room, o.value(), o.number(), o.point(), o.node());
        } else if (op instanceof Op.Joined o) {
            return new Op.Joined(o.at(), o.stream(), room, o.asked(), o.point(), o.outcome(), o.gap());
        } else if (op instanceof Op.Delivery o) {
            return new Op.Delivery(o.at(), o.stream(), room, o.point(), o.value());
        } else if (op instanceof Op.Gap o) {
            return new Op.Gap(o.at(), o.stream(), room, o.bounds(), o.point());
        } else if (op instanceof Op.ReadEnd o) {
            return new Op.ReadEnd(o.at(), o.node(), room, o.skipped(), o.head());
        }
        throw new IllegalArgumentException("not of a room: " + op);
    }
}
