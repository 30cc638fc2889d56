package io.rejoin.chaos.report;

import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.history.Point;
import java.util.List;
import java.util.Map;

/** Short names for operations of hand-made runs; times in milliseconds, one publisher "p", one client "s". */
final class Runs {

    private static final long MS = 1_000_000;

    private Runs() {}

    static RunFigures figures(Op... ops) {
        RunFigures figures = new RunFigures();
        List.of(ops).forEach(figures::accept);
        figures.finish();
        return figures;
    }

    static RunFacts facts() {
        return new RunFacts(
                7, 3, Map.of("rooms", "20"), Map.of("java", "17"), "make chaos CHAOS=\"-Dchaos.seed=7\"", 256L << 20);
    }

    static Op.Phase phase(long at, String name) {
        return new Op.Phase(at * MS, name);
    }

    static Op.Send send(long at, String room, int n) {
        return new Op.Send(at * MS, "p", room, "p." + n, n, false);
    }

    static Op.Send resend(long at, String room, int n) {
        return new Op.Send(at * MS, "p", room, "p." + n, n, true);
    }

    static Op.Ack ack(long at, String room, int n) {
        return new Op.Ack(at * MS, "p", room, "p." + n, n, new Point("e", n), "n1");
    }

    static Op.Unknown unknown(long at, String room, int n) {
        return new Op.Unknown(at * MS, "p", room, "p." + n, n, "new session");
    }

    static Op.Joined joined(long at, String stream, String room, long offset) {
        Point point = new Point("e", offset);
        return new Op.Joined(at * MS, stream, room, point, point, "resumed", null);
    }

    static Op.Delivery delivery(long at, String stream, String room, int n) {
        return new Op.Delivery(at * MS, stream, room, new Point("e", n), "p." + n);
    }

    static Op.FaultStart fault(long at, int id, String name, int inFlight) {
        return new Op.FaultStart(at * MS, id, name, List.of("n1"), inFlight);
    }

    static Op.FaultEnd healed(long at, int id, String name) {
        return new Op.FaultEnd(at * MS, id, name, List.of("n1"));
    }
}
