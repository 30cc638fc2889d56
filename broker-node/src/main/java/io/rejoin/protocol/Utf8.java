package io.rejoin.protocol;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
 *
 * <p>Messages are ASCII for the most part, so eight bytes are looked at together until one of them is not.
 *
 * <p>Threading: stateless.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc3629#section-4">RFC 3629, section 4</a>
 */
final class Utf8 {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long NON_ASCII = 0x8080808080808080L;

    private Utf8() {}

    /** Whether the bytes are valid UTF-8 from the first to the last. */
    static boolean isValid(byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            at = skipAscii(bytes, at);
            if (at < bytes.length) {
                int length = sequenceLength(bytes, at);
                if (length == 0) {
                    return false;
                }
                at += length;
            }
        }
        return true;
    }

    private static int skipAscii(byte[] bytes, int from) {
        int at = from;
        while (at + Long.BYTES <= bytes.length && ((long) LONGS.get(bytes, at) & NON_ASCII) == 0) {
            at += Long.BYTES;
        }
        while (at < bytes.length && bytes[at] >= 0) {
            at++;
        }
        return at;
    }

    /** Length of the multi-byte sequence that starts there, or 0 when it is none. */
    private static int sequenceLength(byte[] bytes, int at) {
        int lead = bytes[at] & 0xFF;
        int left = bytes.length - at;
        if (lead >= 0xC2 && lead <= 0xDF) {
            return left >= 2 && isTail(bytes[at + 1]) ? 2 : 0;
        }
        if (lead >= 0xE0 && lead <= 0xEF) {
            return left >= 3 && isSecondOfThree(lead, bytes[at + 1] & 0xFF) && isTail(bytes[at + 2]) ? 3 : 0;
        }
        if (lead >= 0xF0 && lead <= 0xF4) {
            return left >= 4
                            && isSecondOfFour(lead, bytes[at + 1] & 0xFF)
                            && isTail(bytes[at + 2])
                            && isTail(bytes[at + 3])
                    ? 4
                    : 0;
        }
        return 0;
    }

    private static boolean isSecondOfThree(int lead, int second) {
        int low = lead == 0xE0 ? 0xA0 : 0x80;
        int high = lead == 0xED ? 0x9F : 0xBF;
        return second >= low && second <= high;
    }

    private static boolean isSecondOfFour(int lead, int second) {
        int low = lead == 0xF0 ? 0x90 : 0x80;
        int high = lead == 0xF4 ? 0x8F : 0xBF;
        return second >= low && second <= high;
    }

    private static boolean isTail(byte b) {
        return (b & 0xC0) == 0x80;
    }
}
