package io.rejoin.clusterconfig;

/**
 * An address to listen on or to reach: {@code 127.0.0.1:5701}, {@code node-0.rejoin:5701}, {@code [::1]:5701}.
 *
 * <p>Threading: immutable.
 *
 * @param host name or address, an IPv6 one without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {

    private static final String EXPECTED = " (expected: host:port, such as 127.0.0.1:5701)";

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException when the host is empty or the port out of range
     */
    public HostPort {
        if (host.isBlank() || port < 1 || port > 65_535) {
            throw new IllegalArgumentException(host + ":" + port + EXPECTED);
        }
    }

    /**
     * Reads an address.
     *
     * @throws IllegalArgumentException when the text is no address
     */
    public static HostPort parse(String text) {
        String trimmed = text.trim();
        int colon = trimmed.lastIndexOf(':');
        String host = colon < 0 ? "" : trimmed.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.isEmpty() || (!bracketed && host.indexOf(':') >= 0)) {
            throw new IllegalArgumentException(text + EXPECTED);
        }
        try {
            int port = Integer.parseInt(trimmed.substring(colon + 1));
            return new HostPort(bracketed ? host.substring(1, host.length() - 1) : host, port);
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(text + EXPECTED, notANumber);
        }
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
