package io.rejoin.chaos.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.node.BrokerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The table of mutants fits the sources as they are now. */
final class MutantsTest {

    @TempDir
    private static Path directory;

    private static final MutantBuild BUILD =
            new MutantBuild(BrokerProcess.home(), System.getProperty("java.class.path"));

    private static Map<String, String> original = Map.of();

    @BeforeAll
    static void compileTheSourcesAsTheyAre() {
        Map<String, String> sources = new TreeMap<>();
        Mutants.all().forEach(mutant -> sources.putAll(BUILD.originals(mutant)));
        BUILD.compile(sources, directory.resolve("original"));
        original = classes(directory.resolve("original"));
    }

    static List<Mutant> mutants() {
        return Mutants.all();
    }

    @Test
    void haveNamesOfTheirOwn() {
        assertThat(Mutants.all()).extracting(Mutant::name).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void fitTheSourcesAndChangeTheirCode(Mutant mutant) {
        BUILD.compile(BUILD.mutated(mutant), directory.resolve("mutant"));

        Map<String, String> mutated = classes(directory.resolve("mutant"));
        assertThat(mutant.replacements())
                .allSatisfy(replacement -> assertThat(code(mutated, replacement.file()))
                        .as("classes of %s", replacement.file())
                        .isNotEmpty()
                        .isNotEqualTo(code(original, replacement.file())));
    }

    /** Else a difference would say nothing. */
    @Test
    void areTheSameAsTheNodeWithoutTheirReplacements() {
        Mutant mutant = Mutants.all().get(Mutants.all().size() - 1);
        BUILD.compile(BUILD.originals(mutant), directory.resolve("again"));

        assertThat(classes(directory.resolve("again")))
                .isNotEmpty()
                .allSatisfy((name, bytes) -> assertThat(bytes).isEqualTo(original.get(name)));
    }

    /** The classes of one file, with their bytes as text. */
    private static Map<String, String> code(Map<String, String> classes, String file) {
        String type = file.substring(0, file.length() - ".java".length());
        return classes.entrySet().stream()
                .filter(entry ->
                        entry.getKey().equals(type + ".class") || entry.getKey().startsWith(type + "$"))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private static Map<String, String> classes(Path directory) {
        Map<String, String> classes = new TreeMap<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                classes.put(directory.relativize(file).toString(), Arrays.toString(Files.readAllBytes(file)));
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return classes;
    }
}
