package io.rejoin.chaos.checker;

import static io.rejoin.chaos.checker.Histories.check;
import static io.rejoin.chaos.checker.Histories.fault;
import static io.rejoin.chaos.checker.Histories.phase;
import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.history.Op;
import org.junit.jupiter.api.Test;

class BoundedMemoryTest {

    private static final long HEAP_MIB = 256;

    private static BoundedMemory law() {
        return new BoundedMemory(HEAP_MIB << 20);
    }

    private static Op.Memory memory(String node, long mib) {
        return new Op.Memory(0, node, mib << 20);
    }

    @Test
    void acceptsAHeapThatIsFull() {
        Verdict verdict = check(
                law(),
                memory("n1", 200),
                fault(1, "kill-random", "n1"),
                memory("n1", 900),
                phase("heal"),
                memory("n1", 512));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
        assertThat(verdict.counts()).containsEntry("MiB of n1 before", 200L).containsEntry("MiB of n1 after", 512L);
    }

    @Test
    void acceptsWhatIsLetGoAfterTheHeal() {
        Verdict verdict = check(law(), fault(1, "delay", "n1"), phase("quiesce"), memory("n1", 700), memory("n1", 500));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.VALID);
    }

    @Test
    void catchesMemoryThatIsNotLetGo() {
        Verdict verdict = check(
                law(), memory("n1", 200), fault(1, "delay", "n1"), phase("heal"), memory("n1", 513), memory("n1", 600));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
        assertThat(verdict.counts()).containsEntry("grown", 1L);
    }

    @Test
    void catchesItAlthoughTheNodeIsKilledBetweenTheReads() {
        Verdict verdict = check(
                law(),
                fault(1, "delay", "n1"),
                phase("heal"),
                memory("n1", 600),
                phase("reads after kill of n1"),
                fault(2, "kill", "n1"),
                memory("n1", 100));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.INVALID);
    }

    @Test
    void doesNotJudgeWithoutSamplesAfterTheFaults() {
        Verdict verdict = check(law(), memory("n1", 600), fault(1, "delay", "n1"), memory("n1", 600));

        assertThat(verdict.result()).isEqualTo(Verdict.Result.UNKNOWN);
    }
}
