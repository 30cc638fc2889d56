package io.rejoin.chaos.mutants;

import java.util.List;

/**
 * A node with a fault planted in its sources.
 *
 * <p>Threading: immutable.
 *
 * @param name in results and of its directory
 * @param fault what is wrong with it
 * @param nets why one place alone would not matter, and which net was taken away, too; empty when one place is enough
 * @param breaks the promise that no longer holds
 * @param nemesis what has to strike for the fault to show
 * @param plant the same fault in the model of a cluster that the simulation has; empty when there is none
 * @param replacements where it is planted
 */
public record Mutant(
        String name,
        String fault,
        String nets,
        String breaks,
        String nemesis,
        String plant,
        List<Replacement> replacements) {

    private static final List<String> CORE = List.of("io/rejoin/quorum/", "io/rejoin/room/", "io/rejoin/session/");

    /** Copies the replacements. */
    public Mutant {
        replacements = List.copyOf(replacements);
    }

    /** The files that it is planted in, without their packages. */
    String places() {
        return String.join(
                ", ",
                replacements.stream()
                        .map(r -> r.file().substring(r.file().lastIndexOf('/') + 1))
                        .map(file -> file.substring(0, file.length() - ".java".length()))
                        .distinct()
                        .toList());
    }

    /** Whether all of it is in the code that the simulation runs as it is. */
    boolean isInCore() {
        return replacements.stream().allMatch(r -> CORE.stream().anyMatch(r.file()::startsWith));
    }
}
