package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LauncherTest {

    private static final Path SCRIPT = Path.of("bin", "rejoin-node");

    @TempDir
    private Path directory;

    private Path script;

    @BeforeEach
    void install() throws IOException {
        Path home = Files.createDirectories(directory.resolve("with blank"));
        script = Files.copy(SCRIPT, Files.createDirectories(home.resolve("bin")).resolve("rejoin-node"));
        assertThat(script.toFile().setExecutable(true)).isTrue();
        Path java = Files.createDirectories(directory.resolve("jdk/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nfor argument in \"$@\"; do echo \"$argument\"; done\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
    }

    private void addJars(String lib) throws IOException {
        Files.createFile(Files.createDirectories(directory.resolve("with blank").resolve(lib))
                .resolve("broker-node-1.jar"));
    }

    private record Outcome(int code, List<String> lines) {}

    private Outcome run(Path command, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(command.toString());
        builder.command().addAll(List.of(arguments));
        builder.directory(directory.toFile()).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", directory.resolve("jdk").toString());
        builder.environment().put("JAVA_OPTS", "-Xms64m -Xmx64m");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), output.lines().toList());
    }

    @Test
    void saysHowToBuildWhenThereAreNoJars() throws Exception {
        Outcome outcome = run(script);

        assertThat(outcome.code()).isEqualTo(1);
        assertThat(outcome.lines()).singleElement().asString().contains("no jars in", "make build");
    }

    @Test
    void passesArgumentsOn() throws Exception {
        addJars("target/dist/lib");

        Outcome outcome = run(script, "--config", "a b");

        assertThat(outcome.code()).isZero();
        assertThat(outcome.lines())
                .containsSequence("-Xms64m", "-Xmx64m", "-cp")
                .endsWith(
                        directory.toRealPath().resolve("with blank/target/dist/lib") + "/*",
                        "io.rejoin.Main",
                        "--config",
                        "a b");
    }

    @Test
    void findsTheJarsOfAnImageThroughLinks() throws Exception {
        addJars("lib");
        Path relative = Files.createSymbolicLink(directory.resolve("first"), Path.of("with blank/bin/rejoin-node"));
        Path link = Files.createSymbolicLink(directory.resolve("second"), relative.toAbsolutePath());

        assertThat(run(link).lines())
                .endsWith(directory.toRealPath().resolve("with blank/lib") + "/*", "io.rejoin.Main");
    }

    @Test
    void givesTheJvmWhatTheBuildGivesIt() throws Exception {
        addJars("lib");
        Matcher pom = Pattern.compile("<rejoin.jvm.args>(.*)</rejoin.jvm.args>")
                .matcher(Files.readString(Path.of("..", "pom.xml")));
        assertThat(pom.find()).isTrue();

        assertThat(String.join(" ", run(script).lines())).startsWith(pom.group(1) + " ");
    }
}
