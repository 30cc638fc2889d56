package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;

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
}
