package io.rejoin.testing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * JSON read and written in the plainest way, independent of the codec that it judges.
 *
 * <p>Objects are maps, arrays lists, texts strings, numbers {@link Num} with all their digits, and null is {@link #NULL}.
 */
public final class JsonTree {

    /** The JSON value null. */
    public static final Object NULL = new Object() {
        @Override
        public String toString() {
            return "null";
        }
    };

    private final String text;
    private int at;

    private JsonTree(String text) {
        this.text = text;
    }

    /**
     * A number as it was written.
     *
     * @param digits the text
     */
    public record Num(String digits) {
        /** The number as integer. */
        public long asLong() {
            return Long.parseLong(digits);
        }
    }

    /**
     * Reads one value.
     *
     * @throws IllegalArgumentException when the text is not exactly one JSON value
     */
    public static Object parse(String text) {
        JsonTree tree = new JsonTree(text);
        Object value = tree.value();
        tree.space();
        if (tree.at != text.length()) {
            throw tree.bad("text behind the value");
        }
        return value;
    }

    /** Reads one object. */
    @SuppressWarnings("unchecked")
    public static Map<String, Object> parseObject(String text) {
        return (Map<String, Object>) parse(text);
    }

    /** Writes a value without white space. */
    public static String render(Object value) {
        if (value instanceof Map<?, ?> object) {
            return object.entrySet().stream()
                    .map(entry -> quote((String) entry.getKey()) + ":" + render(entry.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof List<?> array) {
            return array.stream().map(JsonTree::render).collect(Collectors.joining(",", "[", "]"));
        }
        if (value instanceof String string) {
            return quote(string);
        }
        return value instanceof Num num ? num.digits() : value.toString();
    }

    /** Writes a text in quotes, escaping only what must be. */
    public static String quote(String string) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < string.length(); i++) {
            char c = string.charAt(i);
            int named = "\"\\\b\f\n\r\t".indexOf(c);
            if (named >= 0) {
                quoted.append('\\').append("\"\\bfnrt".charAt(named));
            } else if (c < ' ') {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }

    private Object value() {
        space();
        char c = peek();
        if (c == '{') {
            return object();
        }
        if (c == '[') {
            return array();
        }
        if (c == '"') {
            return string();
        }
        if (c == '-' || Character.isDigit(c)) {
            int start = at;
            while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            return new Num(text.substring(start, at));
        }
        return word();
    }

    private Object word() {
        if (text.startsWith("true", at)) {
            at += 4;
            return true;
        }
        if (text.startsWith("false", at)) {
            at += 5;
            return false;
        }
        if (text.startsWith("null", at)) {
            at += 4;
            return NULL;
        }
        throw bad("no value");
    }

    private Map<String, Object> object() {
        Map<String, Object> object = new LinkedHashMap<>();
        expect('{');
        space();
        while (peek() != '}') {
            if (!object.isEmpty()) {
                expect(',');
                space();
            }
            String name = string();
            space();
            expect(':');
            if (object.put(name, value()) != null) {
                throw bad("second " + name);
            }
            space();
        }
        at++;
        return object;
    }

    private List<Object> array() {
        List<Object> array = new ArrayList<>();
        expect('[');
        space();
        while (peek() != ']') {
            if (!array.isEmpty()) {
                expect(',');
            }
            array.add(value());
            space();
        }
        at++;
        return array;
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        expect('"');
        while (peek() != '"') {
            char c = text.charAt(at++);
            if (c < ' ') {
                throw bad("raw control character");
            }
            string.append(c == '\\' ? escape() : c);
        }
        at++;
        return string.toString();
    }

    private char escape() {
        char letter = peek();
        at++;
        if (letter == 'u') {
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 4, at), 16);
        }
        int named = "\"\\/bfnrt".indexOf(letter);
        if (named < 0) {
            throw bad("unknown escape");
        }
        return "\"\\/\b\f\n\r\t".charAt(named);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw bad("end of text");
        }
        return text.charAt(at);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw bad("no " + c);
        }
        at++;
    }

    private IllegalArgumentException bad(String what) {
        return new IllegalArgumentException(what + " at " + at + " of " + text);
    }
}
