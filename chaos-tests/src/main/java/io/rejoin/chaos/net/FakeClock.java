package io.rejoin.chaos.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A process whose clock is wrong, by the library of {@code faketime}. Only the time of day is: what measures how long something lasts is as it
 * was.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class FakeClock {

    private FakeClock() {}

    /**
     * What stands in the environment of such a process.
     *
     * @param offset of whole seconds
     * @throws IllegalStateException when the library is not installed
     */
    public static Map<String, String> environment(Duration offset) {
        return Map.of(
                "LD_PRELOAD",
                library().toString(),
                "FAKETIME",
                (offset.isNegative() ? "" : "+") + offset.toSeconds() + "s",
                "FAKETIME_DONT_FAKE_MONOTONIC",
                "1");
    }

    private static Path library() {
        try {
            for (Path directory : List.of(Path.of("/usr/lib"), Path.of("/usr/lib64"), Path.of("/usr/local/lib"))) {
                Path plain = directory.resolve("faketime/libfaketimeMT.so.1");
                if (Files.exists(plain)) {
                    return plain;
                }
                if (!Files.isDirectory(directory)) {
                    continue;
                }
                try (DirectoryStream<Path> platforms = Files.newDirectoryStream(directory, "*-linux-*")) {
                    for (Path platform : platforms) {
                        Path library = platform.resolve("faketime/libfaketimeMT.so.1");
                        if (Files.exists(library)) {
                            return library;
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot look for libfaketimeMT.so.1", e);
        }
        throw new IllegalStateException(
                "libfaketimeMT.so.1 is not below /usr/lib (expected: installed; apt-get install libfaketime)");
    }
}
