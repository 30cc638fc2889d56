package io.rejoin.chaos.nemesis;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** All kinds of faults, by name. */
public final class Nemeses {

    /** The name that stands for all that lose nothing, in random order, some of them two at a time. */
    public static final String MIXED = "mixed";

    private Nemeses() {}

    /** All of them. */
    public static List<Nemesis> all() {
        return Stream.<Nemesis[]>of(
                        Kill.values(),
                        Freeze.values(),
                        Cut.values(),
                        Slow.values(),
                        Restart.values(),
                        ClientFault.values(),
                        Chain.values())
                .flatMap(Stream::of)
                .toList();
    }

    /**
     * Those with these names.
     *
     * @throws IllegalArgumentException when there is none with a name
     */
    public static List<Nemesis> of(List<String> names) {
        List<Nemesis> found = new ArrayList<>();
        for (String name : names) {
            if (name.equals(MIXED)) {
                all().stream().filter(nemesis -> !nemesis.losesData()).forEach(found::add);
            } else {
                found.add(all().stream()
                        .filter(nemesis -> nemesis.text().equals(name))
                        .findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("nemesis=" + name + " (expected: " + MIXED
                                + ", or of " + all().stream().map(Nemesis::text).toList() + ")")));
            }
        }
        return found;
    }
}
