package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every promise of {@code docs/protocol.md} is shown by a test, in Java or in JavaScript. */
class SpecCoverageTest {

    /** An item from its id to the next item, heading or table. */
    private static final Pattern ITEM =
            Pattern.compile("(?ms)^\\*\\*([A-Z]{2}-\\d+)\\*\\*(.*?)(?=^\\*\\*[A-Z]{2}-\\d+\\*\\*|^#|^\\||\\z)");

    private static final Pattern JAVA_CITATION = Pattern.compile("@Spec\\(([^)]*)\\)");
    private static final Pattern JS_CITATION = Pattern.compile("\\bspec\\(\\s*(\"[^\"]*\")");
    private static final Pattern ID = Pattern.compile("\"([A-Z]{2}-\\d+)\"");

    @Test
    void everyItemWithMustIsCitedByATest() throws IOException {
        Set<String> missing = items(true);
        assertThat(missing).as("items with MUST in docs/protocol.md").hasSizeGreaterThan(50);

        missing.removeAll(cited());

        assertThat(missing)
                .as("items with MUST that no @Spec and no spec(…) cites")
                .isEmpty();
    }

    @Test
    void everyCitationIsOfAnItemThatExists() throws IOException {
        Set<String> unknown = cited();

        unknown.removeAll(items(false));

        assertThat(unknown).as("ids that docs/protocol.md does not have").isEmpty();
    }

    private static Set<String> items(boolean servedMustOnly) throws IOException {
        return ITEM.matcher(Files.readString(root().resolve("docs/protocol.md")))
                .results()
                .filter(item -> !servedMustOnly || isServedMust(item.group(2)))
                .map(item -> item.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isServedMust(String text) {
        return text.contains("MUST") && !text.stripLeading().startsWith("(planned)");
    }

    private static Set<String> cited() throws IOException {
        Set<String> cited = new TreeSet<>();
        for (String module : List.of("broker-node/src/test", "chaos-tests/src", "broker-cluster-config/src/test")) {
            cited.addAll(ids(root().resolve(module), ".java", JAVA_CITATION));
        }
        cited.addAll(ids(root().resolve("client-js-stub/test"), ".ts", JS_CITATION));
        return cited;
    }

    private static Set<String> ids(Path folder, String ending, Pattern citation) throws IOException {
        if (!Files.exists(folder)) {
            return Set.of();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(ending))
                    .flatMap(file -> citation.matcher(read(file)).results())
                    .flatMap(call -> ID.matcher(call.group(1)).results())
                    .map(id -> id.group(1))
                    .collect(Collectors.toSet());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/protocol.md"))) {
            folder = folder.getParent();
        }
        return folder;
    }
}
