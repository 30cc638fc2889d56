package io.rejoin.chaos.report;

import java.util.Locale;

/**
 * Writes a drawing. Colours and fonts are classes, so that the page decides on light or dark.
 *
 * <p>Threading: one thread.
 */
final class Svg {

    private final StringBuilder out = new StringBuilder();

    /**
     * Starts a drawing that is as wide as its place.
     *
     * @param title what it shows
     * @param description the same in words, for whoever does not see it
     */
    Svg(int width, int height, String title, String description) {
        out.append("<svg viewBox=\"0 0 ")
                .append(width)
                .append(' ')
                .append(height)
                .append("\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\"><title>")
                .append(Html.escape(title))
                .append("</title><desc>")
                .append(Html.escape(description))
                .append("</desc>\n");
    }

    /** A box; the tip is shown when pointed at, and may be empty. */
    void box(String style, double x, double y, double width, double height, String tip) {
        out.append("<rect class=\"").append(style).append("\" x=\"");
        number(x).append("\" y=\"");
        number(y).append("\" width=\"");
        number(width).append("\" height=\"");
        number(height).append('"');
        if (tip.isEmpty()) {
            out.append("/>\n");
        } else {
            out.append("><title>").append(Html.escape(tip)).append("</title></rect>\n");
        }
    }

    void line(String style, double x1, double y1, double x2, double y2) {
        out.append("<line class=\"").append(style).append("\" x1=\"");
        number(x1).append("\" y1=\"");
        number(y1).append("\" x2=\"");
        number(x2).append("\" y2=\"");
        number(y2).append("\"/>\n");
    }

    /** Points as {@code x,y} in turn; fewer than two are nothing. */
    void path(String style, CharSequence points) {
        if (points.length() > 0) {
            out.append("<path class=\"")
                    .append(style)
                    .append("\" d=\"")
                    .append(points)
                    .append("\"/>\n");
        }
    }

    /** Text whose anchor is {@code start}, {@code middle} or {@code end}. */
    void text(String style, double x, double y, String anchor, String text) {
        out.append("<text class=\"").append(style).append("\" x=\"");
        number(x).append("\" y=\"");
        number(y)
                .append("\" text-anchor=\"")
                .append(anchor)
                .append("\">")
                .append(Html.escape(text))
                .append("</text>\n");
    }

    /** The drawing. */
    String end() {
        return out.append("</svg>\n").toString();
    }

    /** A coordinate with one decimal. */
    static String coordinate(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    private StringBuilder number(double value) {
        return out.append(coordinate(value));
    }
}
