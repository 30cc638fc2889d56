package io.rejoin.chaos.checker;

import io.rejoin.chaos.history.Op;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * All laws over one history.
 *
 * <p>Threading: one thread.
 */
public final class Checkers {

    /** Half of the default of {@code session.window}: whoever comes back so soon is surely within it. */
    private static final Duration SESSION_WINDOW = Duration.ofSeconds(60);

    private final List<Checker> checkers;

    private Checkers(List<Checker> checkers) {
        this.checkers = checkers;
    }

    /**
     * Every law that a history can be held to.
     *
     * @param heapLimit of each node in bytes; 0 when it is not known, then memory is not judged
     */
    public static Checkers all(long heapLimit) {
        List<Checker> all = new ArrayList<>(List.of(
                new NoAcknowledgedLoss(),
                new NoDuplicates(),
                new RoomOrder(),
                new Contiguity(),
                new ReadsAgree(),
                new SessionsResume(SESSION_WINDOW),
                new NothingUnexpected()));
        if (heapLimit > 0) {
            all.add(new BoundedMemory(heapLimit));
        }
        return new Checkers(List.copyOf(all));
    }

    /** Takes the next operation. */
    public void accept(Op op) {
        checkers.forEach(checker -> checker.accept(op));
    }

    /** Decides, after the last operation; one verdict per law. */
    public List<Verdict> finish() {
        return checkers.stream().map(Checker::finish).toList();
    }
}
