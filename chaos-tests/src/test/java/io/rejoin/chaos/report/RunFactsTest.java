package io.rejoin.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunFactsTest {

    @ParameterizedTest
    @CsvSource({
        "-Xms128m -Xmx384m, 402653184",
        "-Xmx2g, 2147483648",
        "-Xmx64m -Xmx128m, 134217728",
        "-XX:MaxRAMPercentage=50, 0",
        "'', 0"
    })
    void readsTheHeapLimitThatCountsForAJvm(String javaOptions, long bytes) {
        assertThat(RunFacts.heapLimit(javaOptions)).isEqualTo(bytes);
    }
}
