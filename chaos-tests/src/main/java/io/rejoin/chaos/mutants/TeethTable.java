package io.rejoin.chaos.mutants;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The table of mutants and what caught them, as a page.
 *
 * <p>Threading: confined.
 */
final class TeethTable {

    private static final int EXAMPLE_CHARS = 200;

    private final List<Mutant> mutants;
    private final Map<String, Bite> bites;
    private final Map<String, Bite> controls;
    private final Map<String, Simulated> simulated;

    /**
     * Takes what is known.
     *
     * @param mutants in the order of the table
     * @param bites by name of the mutant
     * @param controls by name of the nemesis
     * @param simulated by name of the mutant
     */
    TeethTable(
            List<Mutant> mutants,
            Map<String, Bite> bites,
            Map<String, Bite> controls,
            Map<String, Simulated> simulated) {
        this.simulated = Map.copyOf(simulated);
        this.mutants = List.copyOf(mutants);
        this.bites = Map.copyOf(bites);
        this.controls = Map.copyOf(controls);
    }

    /** Mutants that no checker went red on, and those that were not run. */
    List<String> escaped() {
        return mutants.stream()
                .filter(mutant -> !Optional.ofNullable(bites.get(mutant.name()))
                        .map(Bite::isRed)
                        .orElse(false))
                .map(Mutant::name)
                .toList();
    }

    /** Nemeses under which the node as it is was not found valid with each seed that a mutant needed. */
    List<String> unproven() {
        List<String> unproven = new ArrayList<>();
        for (Mutant mutant : mutants) {
            Bite bite = bites.get(mutant.name());
            Bite control = controls.get(mutant.nemesis());
            boolean covered = bite == null
                    || (control != null
                            && control.isValid()
                            && control.firstSeed() <= bite.firstSeed()
                            && control.lastSeed() >= bite.lastSeed());
            if (!covered && !unproven.contains(mutant.nemesis())) {
                unproven.add(mutant.nemesis());
            }
        }
        return unproven;
    }

    /** Rows of the mutants. */
    String mutantRows() {
        StringBuilder rows = new StringBuilder("""
                | mutant | what is wrong with it | planted in | nemesis | caught by | seeds | seconds | simulated schedules | minimal steps |
                |---|---|---|---|---|---|---|---|---|
                """);
        for (Mutant mutant : mutants) {
            Bite bite = bites.get(mutant.name());
            rows.append("| `").append(mutant.name()).append("` | ").append(mutant.fault());
            if (!mutant.nets().isEmpty()) {
                rows.append(". Planted more than once: ").append(mutant.nets());
            }
            rows.append(" | ").append(mutant.places());
            rows.append(" | ").append(mutant.nemesis());
            if (bite == null) {
                rows.append(" | not run | – | –");
            } else {
                rows.append(" | ").append(bite.isRed() ? bite.laws() : "**escaped**");
                rows.append(" | ").append(bite.seeds());
                rows.append(" | ").append(bite.seconds());
            }
            Simulated found = simulated.get(mutant.name());
            if (found == null) {
                rows.append(" | – | – |\n");
            } else {
                rows.append(" | ").append(found.schedules());
                rows.append(" | ")
                        .append(found.isRed() ? found.steps() : "**none found**")
                        .append(" |\n");
            }
        }
        return rows.toString();
    }

    /** What the checkers said first of each mutant. */
    String examples() {
        StringBuilder lines = new StringBuilder();
        for (Mutant mutant : mutants) {
            Bite bite = bites.get(mutant.name());
            if (bite != null && bite.isRed()) {
                lines.append("- `").append(mutant.name()).append("`, against «").append(mutant.breaks());
                lines.append("»: ").append(shortened(bite.example())).append('\n');
            }
        }
        return lines.toString();
    }

    /** Rows of the node as it is. */
    String controlRows() {
        StringBuilder rows = new StringBuilder("""
                | nemesis | seeds | result | seconds |
                |---|---|---|---|
                """);
        new TreeMap<>(controls).forEach((nemesis, control) -> {
            rows.append("| ").append(nemesis);
            rows.append(" | ").append(control.firstSeed());
            if (control.seeds() > 1) {
                rows.append(" to ").append(control.lastSeed());
            }
            rows.append(" | ").append(control.result().name().toLowerCase(Locale.ROOT));
            if (!control.isValid()) {
                rows.append(": ").append(control.laws()).append(", ").append(shortened(control.example()));
            }
            rows.append(" | ").append(control.seconds()).append(" |\n");
        });
        return rows.toString();
    }

    private static String shortened(String example) {
        String line = example.replace('\n', ' ').replace("|", "\\|");
        return line.length() <= EXAMPLE_CHARS ? line : line.substring(0, EXAMPLE_CHARS) + " …";
    }
}
