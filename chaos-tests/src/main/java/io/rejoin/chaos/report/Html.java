package io.rejoin.chaos.report;

import java.util.List;

/** Writes pieces of a page. */
final class Html {

    private Html() {}

    /** Text as it may stand between tags and in attributes. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    /** A table whose cells are text; columns from the second on are numbers when told so. */
    static String table(String caption, List<String> head, List<List<String>> rows, boolean numbers) {
        StringBuilder out = new StringBuilder("<div class=\"scroll\"><table")
                .append(numbers ? " class=\"numbers" + (head.size() == 2 ? " narrow\"" : "\"") : "")
                .append("><caption>")
                .append(escape(caption))
                .append("</caption><thead><tr>");
        head.forEach(
                cell -> out.append("<th scope=\"col\">").append(escape(cell)).append("</th>"));
        out.append("</tr></thead><tbody>\n");
        for (List<String> row : rows) {
            out.append("<tr><th scope=\"row\">").append(escape(row.get(0))).append("</th>");
            row.stream()
                    .skip(1)
                    .forEach(cell -> out.append("<td>").append(escape(cell)).append("</td>"));
            out.append("</tr>\n");
        }
        return out.append("</tbody></table></div>\n").toString();
    }
}
