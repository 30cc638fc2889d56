package io.rejoin.protocol;

/**
 * Makes text of clients safe to be written to logs and close reasons.
 *
 * <p>Threading: stateless.
 */
final class LogText {

    private LogText() {}

    /** Replaces what could break a line or change how it reads: controls, separators, format characters, lone surrogates. */
    static String printable(String text) {
        return replace(text, Character.MAX_CODE_POINT);
    }

    /**
     * Replaces everything but printable ASCII and cuts the rest off.
     *
     * @param chars most characters of the result
     */
    static String ascii(String text, int chars) {
        return replace(text.length() > chars ? text.substring(0, chars) : text, '~');
    }

    private static String replace(String text, int highest) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(c -> safe.appendCodePoint(c <= highest && isPrintable(c) ? c : '?'));
        return safe.toString();
    }

    private static boolean isPrintable(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
