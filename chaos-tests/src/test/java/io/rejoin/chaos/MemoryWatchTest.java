package io.rejoin.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rejoin.chaos.checker.BoundedMemory;
import io.rejoin.chaos.checker.Verdict;
import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryWatchTest {

    @TempDir
    Path directory;

    private final List<Op> ops = new ArrayList<>();
    private final Map<String, Long> living = new HashMap<>(Map.of("n1", 205L << 20, "n2", 206L << 20));
    private History history;
    private MemoryWatch watch;

    @BeforeEach
    void watchTwoNodesAndASpareOne() {
        history = History.create(directory.resolve("history.jsonl"), ops::add);
        watch = new MemoryWatch(List.of("n1", "n2"), List.of("n3"), this::memory, history);
    }

    @AfterEach
    void closeTheHistory() {
        history.close();
    }

    @Test
    void measuresEveryNodeInAPhaseThatIsShorterThanItsPeriod() {
        BoundedMemory law = new BoundedMemory(256L << 20);

        history.add(at -> new Op.FaultStart(at, 1, "kill-copy", List.of("n1"), 0));
        history.add(at -> new Op.Phase(at, "heal"));
        history.add(at -> new Op.Phase(at, "quiesce"));
        watch.measure();
        history.add(at -> new Op.Phase(at, "reads"));
        history.add(at -> new Op.Phase(at, "reads after kill of n1"));
        ops.forEach(law::accept);
        Verdict verdict = law.finish();

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("MiB of n1 after", 205L).containsEntry("MiB of n2 after", 206L);
    }

    @Test
    void tellsWhichPlannedNodeHasNoMemoryAndMeasuresTheOthers() {
        living.remove("n1");

        assertThatThrownBy(watch::measure)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("nodes without memory: [n1] (expected: all of [n1, n2])");

        assertThat(ops).extracting(op -> ((Op.Memory) op).node()).containsExactly("n2");
    }

    private OptionalLong memory(String node) {
        Long bytes = living.get(node);
        return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
    }
}
