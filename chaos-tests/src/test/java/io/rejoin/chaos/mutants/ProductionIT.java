package io.rejoin.chaos.mutants;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.chaos.node.BrokerProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What users start knows nothing of mutants, and takes no classes but its own. */
final class ProductionIT {

    private static final Path NODE = BrokerProcess.home().resolve("broker-node");

    @TempDir
    private Path directory;

    private Path planted;

    @BeforeEach
    void plantAnotherMain() {
        planted = directory.resolve("planted");
        String main = """
                package io.rejoin;
                public final class Main {
                    public static void main(String[] args) {
                        System.out.println("another main ran");
                    }
                }
                """;
        MutantBuild.againstNode(BrokerProcess.home()).compile(Map.of("io/rejoin/Main.java", main), planted);
    }

    @Test
    void hasNoTraceOfMutants() throws IOException {
        List<String> traces = new ArrayList<>();
        int own = 0;
        try (Stream<Path> jars = Files.list(NODE.resolve("target/dist/lib"))) {
            for (Path jar : jars.filter(p -> p.getFileName().toString().startsWith("broker-"))
                    .toList()) {
                try (JarFile open = new JarFile(jar.toFile())) {
                    for (var entry : open.stream().toList()) {
                        own++;
                        byte[] bytes = open.getInputStream(entry).readAllBytes();
                        String text = entry.getName() + new String(bytes, StandardCharsets.ISO_8859_1);
                        if (text.toLowerCase(Locale.ROOT).contains("mutant") || text.contains("io/rejoin/chaos")) {
                            traces.add(jar.getFileName() + ": " + entry.getName());
                        }
                    }
                }
            }
        }
        assertThat(own).isGreaterThan(200);
        assertThat(traces).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"CLASSPATH=%s", "JAVA_OPTS=-cp %s", "JAVA_OPTS=--class-path=%s", "JDK_JAVA_OPTIONS=-cp %s"})
    void takesNoClassesFromTheEnvironment(String setting) throws Exception {
        String[] pair = setting.formatted(planted).split("=", 2);

        assertThat(version(pair[0], pair[1])).contains("rejoin").doesNotContain("another main");
    }

    /** So the test above would see it, and a mutant is what runs when it is meant to. */
    @Test
    void takesThemFromAnotherJava() throws Exception {
        Path java = MutantBuild.javaWith(planted, directory.resolve("jdk"));

        assertThat(version("JAVA_HOME", java.toString())).contains("another main");
    }

    private static String version(String variable, String value) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(NODE.resolve("bin/rejoin-node").toString(), "--version");
        builder.environment().put(variable, value);
        builder.redirectErrorStream(true);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return output;
    }
}
