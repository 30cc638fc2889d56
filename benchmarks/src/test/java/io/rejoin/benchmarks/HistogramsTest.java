package io.rejoin.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

class HistogramsTest {

    @Test
    void survivesTheWayBetweenProcesses() {
        Histogram histogram = Histograms.create();
        Histograms.record(histogram, 1_500_000);
        Histograms.record(histogram, 90_000_000_000L);

        Histogram read = Histograms.decode(Histograms.encode(histogram));

        assertThat(read).isEqualTo(histogram);
        assertThat(read.getTotalCount()).isEqualTo(2);
    }
}
