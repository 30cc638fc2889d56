package io.rejoin.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes JSON as UTF-8 into a growing array.
 *
 * <p>It puts the commas, and trusts its caller with the rest: objects and arrays must be closed in order, and a value must follow a
 * member's name.
 *
 * <p>Threading: confined to its creator.
 */
final class JsonWriter {

    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);
    private static final int MAX_BYTES_PER_CHAR = 6;
    private static final int MAX_DIGITS = 20;

    private byte[] bytes;
    private int size;
    private boolean commaDue;

    JsonWriter(int sizeHint) {
        bytes = new byte[sizeHint];
    }

    /** Encodes a member's name for {@link #name}: quoted and with its colon. */
    static byte[] encodeName(String name) {
        return ('"' + name + "\":").getBytes(StandardCharsets.US_ASCII);
    }

    JsonWriter beginObject() {
        return open('{');
    }

    JsonWriter endObject() {
        return close('}');
    }

    JsonWriter beginArray() {
        return open('[');
    }

    JsonWriter endArray() {
        return close(']');
    }

    /**
     * Writes a member's name.
     *
     * @param encoded by {@link #encodeName}
     */
    JsonWriter name(byte[] encoded) {
        comma();
        append(encoded);
        commaDue = false;
        return this;
    }

    /** Writes a string; a lone surrogate becomes U+FFFD, since UTF-8 has no form for it. */
    JsonWriter text(String text) {
        comma();
        reserve(Math.addExact(Math.multiplyExact(text.length(), MAX_BYTES_PER_CHAR), 2));
        bytes[size++] = '"';
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                ascii(c);
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                fourBytes(Character.toCodePoint(c, text.charAt(i)));
            } else {
                nonAscii(Character.isSurrogate(c) ? '\uFFFD' : c);
            }
        }
        bytes[size++] = '"';
        return valueWritten();
    }

    /** Writes an integer. */
    JsonWriter number(long number) {
        comma();
        reserve(MAX_DIGITS);
        if (number < 0) {
            append(Long.toString(number).getBytes(StandardCharsets.US_ASCII));
            return valueWritten();
        }
        int digits = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        long rest = number;
        for (int at = size + digits - 1; at >= size; at--) {
            bytes[at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        size += digits;
        return valueWritten();
    }

    /** Writes {@code true} or {@code false}. */
    JsonWriter flag(boolean flag) {
        return raw(flag ? TRUE : FALSE);
    }

    /**
     * Writes a value as it is.
     *
     * @param json one complete JSON value in UTF-8
     */
    JsonWriter raw(byte[] json) {
        comma();
        append(json);
        return valueWritten();
    }

    /** What was written. */
    byte[] toBytes() {
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    private JsonWriter open(char bracket) {
        comma();
        reserve(1);
        bytes[size++] = (byte) bracket;
        commaDue = false;
        return this;
    }

    private JsonWriter close(char bracket) {
        reserve(1);
        bytes[size++] = (byte) bracket;
        return valueWritten();
    }

    private void comma() {
        if (commaDue) {
            reserve(1);
            bytes[size++] = ',';
        }
    }

    private JsonWriter valueWritten() {
        commaDue = true;
        return this;
    }

    private void ascii(char c) {
        switch (c) {
            case '"' -> escape('"');
            case '\\' -> escape('\\');
            case '\b' -> escape('b');
            case '\t' -> escape('t');
            case '\n' -> escape('n');
            case '\f' -> escape('f');
            case '\r' -> escape('r');
            default -> {
                if (c >= ' ') {
                    bytes[size++] = (byte) c;
                } else {
                    escape('u');
                    bytes[size++] = '0';
                    bytes[size++] = '0';
                    bytes[size++] = HEX[c >> 4];
                    bytes[size++] = HEX[c & 0xF];
                }
            }
        }
    }

    private void escape(char letter) {
        bytes[size++] = '\\';
        bytes[size++] = (byte) letter;
    }

    private void nonAscii(char c) {
        if (c < 0x800) {
            bytes[size++] = (byte) (0xC0 | (c >> 6));
        } else {
            bytes[size++] = (byte) (0xE0 | (c >> 12));
            bytes[size++] = tail(c >> 6);
        }
        bytes[size++] = tail(c);
    }

    private void fourBytes(int codePoint) {
        bytes[size++] = (byte) (0xF0 | (codePoint >> 18));
        bytes[size++] = tail(codePoint >> 12);
        bytes[size++] = tail(codePoint >> 6);
        bytes[size++] = tail(codePoint);
    }

    private static byte tail(int bits) {
        return (byte) (0x80 | (bits & 0x3F));
    }

    private void append(byte[] what) {
        reserve(what.length);
        System.arraycopy(what, 0, bytes, size, what.length);
        size += what.length;
    }

    private void reserve(int more) {
        if (bytes.length - size < more) {
            bytes = Arrays.copyOf(
                    bytes, Math.max(Math.addExact(size, more), (int) Math.min(bytes.length * 2L, 1 << 30)));
        }
    }
}
