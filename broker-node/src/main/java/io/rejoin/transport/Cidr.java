package io.rejoin.transport;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.util.HexFormat;

/**
 * A block of IP addresses.
 *
 * <p>Threading: immutable.
 *
 * @param prefix its first bits in hexadecimal, the rest of the last digit zero; 8 digits of IPv4 or 32 of IPv6
 * @param bits how many of them count
 */
public record Cidr(String prefix, int bits) {

    private static final int BITS_PER_BYTE = 8;

    /**
     * Reads {@code 10.0.0.0/8}, {@code fd00::/8}, or a single address.
     *
     * @throws IllegalArgumentException when it is neither
     */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        byte[] address = NetUtil.createByteArrayFromIpAddressString(slash < 0 ? text : text.substring(0, slash));
        String length = slash < 0 ? "" : text.substring(slash + 1);
        if (address == null || !(slash < 0 || length.matches("\\d{1,3}"))) {
            throw wrong(text);
        }
        int most = address.length * BITS_PER_BYTE;
        int bits = slash < 0 ? most : Integer.parseInt(length);
        if (bits > most) {
            throw wrong(text);
        }
        return new Cidr(HexFormat.of().formatHex(cut(address, bits)), bits);
    }

    private static IllegalArgumentException wrong(String text) {
        return new IllegalArgumentException(
                "block=" + text + " (expected: an address, or a block such as 10.0.0.0/8 or fd00::/8)");
    }

    private static byte[] cut(byte[] address, int bits) {
        byte[] cut = new byte[address.length];
        for (int i = 0; i < cut.length; i++) {
            int kept = Math.max(0, Math.min(BITS_PER_BYTE, bits - i * BITS_PER_BYTE));
            cut[i] = (byte) (address[i] & 0xFF << (BITS_PER_BYTE - kept));
        }
        return cut;
    }

    /** Whether an address lies in the block. */
    boolean contains(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length * 2 == prefix.length()
                && HexFormat.of().formatHex(cut(bytes, bits)).equals(prefix);
    }
}
