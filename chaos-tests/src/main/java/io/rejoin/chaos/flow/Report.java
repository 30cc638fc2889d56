package io.rejoin.chaos.flow;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a run measured, and which of it has a bound.
 *
 * <p>Threading: one thread.
 */
final class Report {

    private final String title;
    private final List<Figure> figures = new ArrayList<>();

    /**
     * One line.
     *
     * @param bound empty for a figure that is only told
     * @param holds whether it is within the bound
     */
    private record Figure(String show, String name, String value, String bound, boolean holds) {

        String verdict() {
            return bound.isEmpty() ? "" : holds ? "holds" : "BROKEN";
        }
    }

    /** Starts without figures. */
    Report(String title) {
        this.title = title;
    }

    void tell(String show, String name, Object value) {
        figures.add(new Figure(show, name, String.valueOf(value), "", true));
    }

    void require(String show, String name, Object value, String bound, boolean holds) {
        figures.add(new Figure(show, name, String.valueOf(value), bound, holds));
    }

    /** Requires two counts of the same thing to be equal. */
    void requireEqual(String show, String name, long ofNode, long ofClients) {
        require(show, name, "node " + ofNode + ", clients " + ofClients, "equal", ofNode == ofClients);
    }

    /** Requires a promise to be kept that tells its faults. */
    void requireNone(String show, String name, List<String> faults) {
        String value = faults.isEmpty()
                ? "0"
                : faults.size() + ": " + faults.stream().limit(8).toList();
        require(show, name, value, "0", faults.isEmpty());
    }

    /** The lines that are not within their bounds. */
    List<String> broken() {
        return figures.stream()
                .filter(figure -> !figure.holds())
                .map(figure -> figure.show() + ": " + figure.name() + " " + figure.value() + " (expected: "
                        + figure.bound() + ")")
                .toList();
    }

    /** Prints one show as a table. */
    void print(String show, PrintWriter out) {
        out.println(show);
        for (Figure figure : figures) {
            if (figure.show().equals(show)) {
                String bound = figure.bound().isEmpty() ? "" : "  [" + figure.bound() + "] " + figure.verdict();
                out.println(String.format(Locale.ROOT, "  %-58s %s%s", figure.name(), figure.value(), bound));
            }
        }
        out.flush();
    }

    /** Writes {@code result.json} and {@code result.md}. */
    void write(Path directory) {
        JsonArray lines = new JsonArray();
        StringBuilder markdown =
                new StringBuilder("# " + title + "\n\n| show | figure | value | bound | |\n|---|---|---|---|---|\n");
        for (Figure figure : figures) {
            lines.add(new JsonObject()
                    .put("show", figure.show())
                    .put("name", figure.name())
                    .put("value", figure.value())
                    .put("bound", figure.bound())
                    .put("holds", figure.holds()));
            markdown.append("| ")
                    .append(String.join(
                            " | ", figure.show(), figure.name(), figure.value(), figure.bound(), figure.verdict()))
                    .append(" |\n");
        }
        try {
            Files.createDirectories(directory);
            Files.writeString(directory.resolve("result.md"), markdown);
            Files.writeString(
                    directory.resolve("result.json"),
                    new JsonObject().put("title", title).put("figures", lines).encodePrettily() + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the result to " + directory, e);
        }
    }
}
