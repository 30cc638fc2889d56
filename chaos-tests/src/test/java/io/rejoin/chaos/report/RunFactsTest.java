package io.rejoin.chaos.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import org.junit.jupiter.api.Test;
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

    @Test
    void findsTheVersionsOfLibrariesInAClassPath() {
        String classPath = "/x/classes:/x/lib/vertx-core-5.0.10.jar:/x/lib/vertx-core-logging-5.0.10.jar"
                + ":/x/lib/broker-node-0.1.0-SNAPSHOT.jar:/x/lib/hazelcast-5.7.0.jar";

        assertThat(RunFacts.libraries(classPath))
                .containsExactly(
                        entry("broker-node", "0.1.0-SNAPSHOT"),
                        entry("hazelcast", "5.7.0"),
                        entry("vertx-core", "5.0.10"));
    }
}
