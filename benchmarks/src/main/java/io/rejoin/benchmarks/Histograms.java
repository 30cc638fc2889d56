package io.rejoin.benchmarks;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.Locale;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;

/** Latencies in microseconds, up to a minute, and their way between processes. */
final class Histograms {

    private static final long HIGHEST_MICROS = 60_000_000;

    private Histograms() {}

    static Histogram create() {
        return new Histogram(HIGHEST_MICROS, 3);
    }

    static void record(Histogram histogram, long nanos) {
        histogram.recordValue(Math.min(HIGHEST_MICROS, Math.max(0, nanos / 1_000)));
    }

    static String encode(Histogram histogram) {
        ByteBuffer bytes = ByteBuffer.allocate(histogram.getNeededByteBufferCapacity());
        int length = histogram.encodeIntoCompressedByteBuffer(bytes);
        return Base64.getEncoder().encodeToString(Arrays.copyOf(bytes.array(), length));
    }

    static Histogram decode(String text) {
        try {
            return Histogram.decodeFromCompressedByteBuffer(
                    ByteBuffer.wrap(Base64.getDecoder().decode(text)), HIGHEST_MICROS);
        } catch (DataFormatException e) {
            throw new IllegalArgumentException("histogram of " + text.length() + " characters cannot be read", e);
        }
    }

    /** p50, p99, p99.9 and the highest, in milliseconds, as cells of a table. */
    static String cells(Histogram histogram) {
        return String.format(
                Locale.ROOT,
                "%.2f | %.2f | %.2f | %.1f",
                histogram.getValueAtPercentile(50) / 1e3,
                histogram.getValueAtPercentile(99) / 1e3,
                histogram.getValueAtPercentile(99.9) / 1e3,
                histogram.getMaxValue() / 1e3);
    }
}
