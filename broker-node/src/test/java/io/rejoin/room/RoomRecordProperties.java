package io.rejoin.room;

import io.rejoin.room.RecordModel.DraftStep;
import io.rejoin.testing.Spec;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

@Spec({"PB-2", "PB-3", "PB-4", "PB-5", "PB-7", "PB-8", "PB-11", "RM-3", "RM-10", "RM-13", "RM-16", "RM-22"})
class RoomRecordProperties {

    private static final LogLimits LOOSE = new LogLimits(9, 1_500, 20_000, 100, 64 << 10, 5, 40_000, 10_000, 600_000);
    private static final LogLimits TIGHT = new LogLimits(4, 600, 20_000, 3, 400, 5, 40_000, 10_000, 600_000);

    /** What happens to a log. */
    record Step(int kind, List<DraftStep> drafts, int millis) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        Arbitrary<DraftStep> draft = Combinators.combine(
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.frequency(
                                Tuple.of(8, 0),
                                Tuple.of(1, 1),
                                Tuple.of(1, 2),
                                Tuple.of(1, -1),
                                Tuple.of(1, -2),
                                Tuple.of(1, -7)),
                        Arbitraries.integers().between(0, 4),
                        Arbitraries.of(false, false, false, false, true),
                        Arbitraries.integers().between(1, 60))
                .as(DraftStep::new);
        Arbitrary<Step> step = Combinators.combine(
                        Arbitraries.integers().between(0, 19),
                        draft.list().ofMinSize(1).ofMaxSize(7),
                        Arbitraries.integers().between(1, 30_000))
                .as(Step::new);
        return step.list().ofMinSize(1).ofMaxSize(50);
    }

    @Property(tries = 4_000, edgeCases = EdgeCasesMode.NONE)
    void logIsWhatTheModelSays(@ForAll("steps") List<Step> steps) {
        run(steps, new RecordModel(LOOSE, false));
    }

    @Property(tries = 4_000, edgeCases = EdgeCasesMode.NONE)
    void logIsWhatTheModelSaysAtItsBounds(@ForAll("steps") List<Step> steps) {
        run(steps, new RecordModel(TIGHT, true));
    }

    private static void run(List<Step> steps, RecordModel model) {
        for (Step step : steps) {
            switch (step.kind()) {
                case 0, 1 -> model.changeOwner();
                case 2 -> model.sweep();
                case 3, 4 -> model.pass(step.millis());
                case 5 -> model.catchUpLaggard();
                case 6 -> model.dieWith(step.drafts(), step.millis() % 2 == 0);
                default -> model.append(step.drafts());
            }
        }
        model.assertResumes();
    }
}
