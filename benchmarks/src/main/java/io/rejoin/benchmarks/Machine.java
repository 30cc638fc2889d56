package io.rejoin.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What a result must name besides its numbers, and the CPU time that processes used. */
final class Machine {

    /** Ticks per second of {@code /proc}; 100 on every Linux that Java runs on. */
    private static final double TICKS = 100;

    private Machine() {}

    /** Lines for the head of a result. */
    static String describe() {
        return String.format(
                Locale.ROOT,
                "- machine: %d × %s, %.0f GiB, %s %s\n- java: %s %s\n- commit: %s\n",
                Runtime.getRuntime().availableProcessors(),
                find("/proc/cpuinfo", "model name"),
                Double.parseDouble(find("/proc/meminfo", "MemTotal").replace(" kB", "")) / (1 << 20),
                System.getProperty("os.name"),
                System.getProperty("os.version"),
                System.getProperty("java.vm.name"),
                System.getProperty("java.version"),
                System.getProperty("benchmark.commit", "unknown"));
    }

    /** CPU seconds, user and system, that a process has used. */
    static double cpuSeconds(long pid) {
        String stat = read("/proc/" + pid + "/stat");
        // The name in parentheses may hold anything; what counts follows it.
        List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1));
        return (Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12))) / TICKS;
    }

    /** One-minute load of the machine: a result made beside other work says so. */
    static String load() {
        return read("/proc/loadavg").split(" ", -1)[0];
    }

    private static String find(String file, String key) {
        return read(file)
                .lines()
                .filter(line -> line.startsWith(key))
                .map(line -> line.substring(line.indexOf(':') + 1).trim())
                .findFirst()
                .orElse("0");
    }

    private static String read(String file) {
        try {
            return Files.readString(Path.of(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
