package io.rejoin.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A part of a page under docs that is written from the code, between two markers. */
public final class GeneratedPage {

    private GeneratedPage() {}

    /**
     * Fails when the part is not up to date; rewrites it instead when run with {@code -Drejoin.update-docs=true}.
     *
     * @param page for instance {@code operations.md}
     * @param part names the markers {@code <!-- generated: part -->} and {@code <!-- end: part -->}
     * @param content what stands between them
     */
    public static void assertUpToDate(String page, String part, String content) throws IOException {
        Path path = Path.of("..", "docs", page);
        String text = Files.readString(path);
        String begin = "<!-- generated: " + part + " -->\n";
        String end = "<!-- end: " + part + " -->";
        int from = text.indexOf(begin);
        int to = text.indexOf(end);
        assertThat(from).as("%s has the marker %s", path, begin.trim()).isNotNegative();
        assertThat(to).as("%s has the marker %s", path, end).isGreaterThan(from);
        String upToDate = text.substring(0, from + begin.length()) + "\n" + content + "\n" + text.substring(to);
        if (Boolean.getBoolean("rejoin.update-docs")) {
            Files.writeString(path, upToDate);
            return;
        }
        assertThat(text)
                .as("docs/%s is stale; rewrite it with: mvn -pl broker-node -am test -Drejoin.update-docs=true", page)
                .isEqualTo(upToDate);
    }
}
