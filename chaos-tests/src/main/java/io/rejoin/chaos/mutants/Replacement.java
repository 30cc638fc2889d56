package io.rejoin.chaos.mutants;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A piece of a source file that a mutant has otherwise.
 *
 * <p>Threading: immutable.
 *
 * @param module which has the file below {@code src/main/java}
 * @param file its path there
 * @param find what stands there exactly once
 * @param put what stands there instead
 */
public record Replacement(String module, String file, String find, String put) {

    /** In the cluster settings. */
    static Replacement inConfig(String file, String find, String put) {
        return new Replacement("broker-cluster-config", "io/rejoin/clusterconfig/" + file, find, put);
    }

    /** In a package of the node. */
    static Replacement inNode(String file, String find, String put) {
        return new Replacement("broker-node", "io/rejoin/" + file, find, put);
    }

    /** The file. */
    Path source(Path home) {
        return home.resolve(module).resolve("src/main/java").resolve(file);
    }

    /** Reads the file as it is. */
    String read(Path home) {
        Path source = source(home);
        try {
            return Files.readString(source);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + source + " (expected: run inside the project)", e);
        }
    }

    /**
     * The text with the other piece.
     *
     * @throws IllegalStateException when the piece is not there exactly once
     */
    String applyTo(String text) {
        int at = text.indexOf(find);
        if (at < 0 || text.indexOf(find, at + 1) >= 0) {
            throw new IllegalStateException(file + " has " + (at < 0 ? "not" : "more than once") + " the text «" + find
                    + "» (expected: exactly once; plant the mutant again where the code went)");
        }
        return text.substring(0, at) + put + text.substring(at + find.length());
    }
}
