package io.rejoin.clusterconfig;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class CommonPoolTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void refusesAPoolOnWhichHazelcastWouldStartAThreadPerCall(int parallelism) {
        assertThatThrownBy(() -> CommonPool.check(parallelism))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("common pool parallelism=" + parallelism + " (expected: at least 2); start the JVM with "
                        + "-Djava.util.concurrent.ForkJoinPool.common.parallelism=3, as bin/rejoin-node does");
    }

    @Test
    void takesAPoolOfTwo() {
        assertThatCode(() -> CommonPool.check(2)).doesNotThrowAnyException();
    }

    @Test
    void takesTheJvmThatRunsOurTests() {
        assertThatCode(CommonPool::check).doesNotThrowAnyException();
    }
}
