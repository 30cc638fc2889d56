package io.rejoin.value;

import java.util.Locale;

/**
 * An amount of memory, written with its unit: {@code 64KiB}.
 *
 * <p>Threading: immutable.
 *
 * @param bytes 0 and above
 */
public record ByteSize(long bytes) {

    private static final String EXPECTED = " (expected: digits and one of B, KiB, MiB, GiB, such as 64KiB)";

    /**
     * Checks the amount.
     *
     * @throws IllegalArgumentException when below 0
     */
    public ByteSize {
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes=" + bytes + " (expected: 0 or above)");
        }
    }

    /**
     * Reads an amount with its unit.
     *
     * @param text for instance {@code 64KiB}; blanks between number and unit are allowed
     * @throws IllegalArgumentException when the text is no amount
     */
    public static ByteSize parse(String text) {
        String trimmed = text.trim();
        int unitAt = 0;
        while (unitAt < trimmed.length() && Character.isDigit(trimmed.charAt(unitAt))) {
            unitAt++;
        }
        if (unitAt == 0 || unitAt > 12) {
            throw new IllegalArgumentException(text + EXPECTED);
        }
        long number = Long.parseLong(trimmed.substring(0, unitAt));
        long unit = switch (trimmed.substring(unitAt).trim().toLowerCase(Locale.ROOT)) {
            case "b" -> 1L;
            case "kib" -> 1L << 10;
            case "mib" -> 1L << 20;
            case "gib" -> 1L << 30;
            default -> throw new IllegalArgumentException(text + EXPECTED);
        };
        return new ByteSize(Math.multiplyExact(number, unit));
    }

    @Override
    public String toString() {
        if (bytes > 0 && bytes % (1 << 20) == 0) {
            return (bytes >> 20) + "MiB";
        }
        if (bytes > 0 && bytes % (1 << 10) == 0) {
            return (bytes >> 10) + "KiB";
        }
        return bytes + "B";
    }
}
