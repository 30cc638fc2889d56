package io.rejoin.chaos.mutants;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the deterministic simulation of the node's core made of a mutant.
 *
 * <p>A mutant of the core runs with its classes in front; another one as the same fault in the simulation's model of a cluster.
 *
 * <p>Threading: immutable.
 *
 * @param name of the mutant
 * @param schedules how many were run, the last one being the first that broke a promise
 * @param steps of the smallest schedule that breaks it: 0 when the cluster need only be there
 * @param invariant that is broken; empty when none was
 */
record Simulated(String name, long schedules, int steps, String invariant) {

    private static final String MAIN = "io.rejoin.room.SimulationRun";
    private static final String SOURCE = "broker-node/src/test/java/io/rejoin/room/SimulationRun.java";
    private static final Pattern VIOLATED = Pattern.compile("^violated: (.*)$", Pattern.MULTILINE);
    private static final Pattern FOUND = Pattern.compile("^found in schedule (\\d+),", Pattern.MULTILINE);
    private static final Pattern STEPS = Pattern.compile("^minimal schedule, (\\d+) steps:", Pattern.MULTILINE);
    private static final Pattern RUN = Pattern.compile("^schedules=(\\d+) ", Pattern.MULTILINE);

    /** Whether there is a way to run a mutant in the simulation. */
    static boolean isPossible(Mutant mutant, Path home) {
        return Files.exists(home.resolve(SOURCE))
                && (mutant.isInCore() || !mutant.plant().isEmpty());
    }

    /**
     * Runs schedules until one breaks a promise.
     *
     * @param java a {@code JAVA_HOME} that has the mutant's classes in front
     * @param most schedules
     * @param log where its output goes
     * @throws IllegalStateException when it ends otherwise than with a broken promise or with none
     */
    static Simulated run(Mutant mutant, Path java, Path home, long most, Path log) {
        boolean inCore = mutant.isInCore();
        Path ownJava = inCore ? java : realJava();
        return run(mutant.name(), ownJava, inCore ? "" : mutant.plant(), home, most, log);
    }

    /** Runs schedules of the core as it is. */
    static Simulated runAsItIs(String name, Path home, long most, Path log) {
        return run(name, realJava(), "", home, most, log);
    }

    private static Path realJava() {
        return Path.of(System.getProperty("java.home"));
    }

    private static Simulated run(String name, Path java, String plant, Path home, long most, Path log) {
        Path tests = home.resolve("broker-node/target/test-classes");
        if (!Files.exists(tests.resolve(MAIN.replace('.', '/') + ".class"))) {
            throw new IllegalStateException(tests + " has no " + MAIN + " (expected: built by make simulation)");
        }
        List<String> command = new ArrayList<>();
        command.add(java.resolve("bin/java").toString());
        command.addAll(List.of("-Xmx512m", "-Dsimulation.seed=1", "-Dsimulation.schedules=" + most));
        if (!plant.isEmpty()) {
            command.add("-Dsimulation.plant=" + plant);
        }
        command.addAll(List.of("-cp", tests + ":" + home.resolve("broker-node/target/dist/lib") + "/*", MAIN));
        try {
            Files.deleteIfExists(log);
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            int code = process.waitFor();
            String output = Files.readString(log, StandardCharsets.UTF_8);
            return of(name, output)
                    .orElseThrow(
                            () -> new IllegalStateException("simulation ended with " + code + "; its output: " + log));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted during the simulation of " + name, e);
        }
    }

    /** Reads what a run printed; empty when it did not come to an end. */
    static Optional<Simulated> of(String name, String output) {
        Matcher found = FOUND.matcher(output);
        Matcher steps = STEPS.matcher(output);
        Matcher violated = VIOLATED.matcher(output);
        if (found.find() && steps.find() && violated.find()) {
            return Optional.of(new Simulated(
                    name, Long.parseLong(found.group(1)), Integer.parseInt(steps.group(1)), violated.group(1)));
        }
        String last = null;
        Matcher run = RUN.matcher(output);
        while (run.find()) {
            last = run.group(1);
        }
        return Optional.ofNullable(last).map(schedules -> new Simulated(name, Long.parseLong(schedules), 0, ""));
    }

    /** Whether a promise was broken. */
    boolean isRed() {
        return !invariant.isEmpty();
    }

    void write(Path directory) {
        try {
            Files.writeString(
                    directory.resolve(name + ".simulation"), schedules + "\n" + steps + "\n" + invariant + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write what is known of " + name + " in " + directory, e);
        }
    }

    /** Reads what is there of a mutant. */
    static Optional<Simulated> read(Path directory, String name) {
        Path file = directory.resolve(name + ".simulation");
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            List<String> lines = Files.readAllLines(file);
            return Optional.of(
                    new Simulated(name, Long.parseLong(lines.get(0)), Integer.parseInt(lines.get(1)), lines.get(2)));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }
}
