package io.rejoin.chaos.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HistoryTest {

    private static final Point POINT = new Point("e1", 7);
    private static final Op.Bounds BOUNDS = new Op.Bounds("retention", 3, 7);

    @Test
    void readsBackEveryKindOfOperation(@TempDir Path directory) {
        List<Op> ops = List.of(
                new Op.Send(0, "p1", "r", "p1.1", 1, true),
                new Op.Ack(0, "p1", "r", "p1.1", 1, POINT, "n2"),
                new Op.Fail(0, "p1", "r", "p1.1", 1, "why \"so\"\n"),
                new Op.Unknown(0, "p1", "r", "p1.1", 1, "older than the window"),
                new Op.Welcome(0, "p1", "n1", true, false, true),
                new Op.Joined(0, "s1#1", "r", Point.START, POINT, "gap", BOUNDS),
                new Op.Joined(0, "s1#1", "r", null, POINT, "live", null),
                new Op.Delivery(0, "s1#1", "r", POINT, "p1.1"),
                new Op.Gap(0, "s1#1", "r", BOUNDS, POINT),
                new Op.Read(0, "n1", "r", POINT, "p1.1"),
                new Op.ReadEnd(0, "n1", "r", 3, POINT),
                new Op.Violation(0, "s1", "what"),
                new Op.FaultStart(0, 1, "kill-random", List.of("n1"), 17),
                new Op.FaultEnd(0, 1, "kill-random", List.of("n1")),
                new Op.FaultStart(0, 2, "resume-storm", List.of(), 0),
                new Op.Memory(0, "n1", 1L << 33),
                new Op.Phase(0, "load"));
        Path file = directory.resolve("history.jsonl");
        List<Op> watched = new ArrayList<>();

        try (History history = History.create(file, watched::add)) {
            ops.forEach(op -> history.add(at -> op));
        }
        List<Op> read = new ArrayList<>();
        History.replay(file, read::add);

        assertThat(read).isEqualTo(ops);
        assertThat(watched).isEqualTo(ops);
    }
}
