package io.rejoin.chaos.mutants;

import io.rejoin.chaos.checker.Verdict;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Properties;

/**
 * What the checkers made of a mutant, or of the node as it is: of all runs together, or of one.
 *
 * <p>Kept in a file, so that a table can be made of runs on several days.
 *
 * <p>Threading: immutable.
 *
 * @param name of the mutant or control
 * @param firstSeed of the first run
 * @param seeds how many were run, one after the other, until the first red one
 * @param seconds that all of them took, forming and reading included
 * @param result of the last one
 * @param laws that are broken in the last one
 * @param example the first one of the first of these laws
 */
record Bite(String name, long firstSeed, int seeds, long seconds, Verdict.Result result, String laws, String example) {

    /** What one run came to. */
    static Bite of(String name, long seed, long seconds, List<Verdict> verdicts) {
        List<Verdict> bad = verdicts.stream()
                .filter(verdict -> verdict.result() != Verdict.Result.VALID)
                .toList();
        Verdict.Result worst = bad.stream().map(Verdict::result).reduce(Verdict.Result.VALID, Verdict.Result::and);
        List<Verdict> worstOnes =
                bad.stream().filter(verdict -> verdict.result() == worst).toList();
        return new Bite(
                name,
                seed,
                1,
                seconds,
                worst,
                String.join(", ", worstOnes.stream().map(Verdict::law).toList()),
                worstOnes.stream()
                        .flatMap(verdict -> verdict.examples().stream())
                        .findFirst()
                        .orElse(""));
    }

    /** Together with an earlier one. */
    Bite after(Bite earlier) {
        return new Bite(
                name, earlier.firstSeed, earlier.seeds + seeds, earlier.seconds + seconds, result, laws, example);
    }

    /** Whether a checker went red. An unclear verdict is none. */
    boolean isRed() {
        return result == Verdict.Result.INVALID;
    }

    /** Whether no checker had anything to say. */
    boolean isValid() {
        return result == Verdict.Result.VALID;
    }

    /** The seed of the last run. */
    long lastSeed() {
        return firstSeed + seeds - 1;
    }

    void write(Path directory) {
        Properties all = new Properties();
        all.setProperty("firstSeed", Long.toString(firstSeed));
        all.setProperty("seeds", Integer.toString(seeds));
        all.setProperty("seconds", Long.toString(seconds));
        all.setProperty("result", result.name());
        all.setProperty("laws", laws);
        all.setProperty("example", example);
        try (Writer out = Files.newBufferedWriter(file(directory, name))) {
            all.store(out, null);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file(directory, name), e);
        }
    }

    /** Reads what is there of a mutant or control. */
    static Optional<Bite> read(Path directory, String name) {
        Path file = file(directory, name);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        Properties all = new Properties();
        try (Reader in = Files.newBufferedReader(file)) {
            all.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
        return Optional.of(new Bite(
                name,
                Long.parseLong(all.getProperty("firstSeed")),
                Integer.parseInt(all.getProperty("seeds")),
                Long.parseLong(all.getProperty("seconds")),
                Verdict.Result.valueOf(all.getProperty("result")),
                all.getProperty("laws"),
                all.getProperty("example")));
    }

    private static Path file(Path directory, String name) {
        return directory.resolve(name + ".properties");
    }
}
