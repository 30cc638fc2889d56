package io.rejoin.clusterconfig;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address to listen on or to reach: {@code 127.0.0.1:5701}, {@code node-0.rejoin:5701}, {@code [::1]:5701}.
 *
 * <p>Threading: immutable.
 *
 * @param host name or address, an IPv6 one without brackets
 * @param port 1 to 65535
 */
public record HostPort(String host, int port) {

    private static final Pattern ADDRESS =
            Pattern.compile("(?:\\[(?<ipv6>[^\\s\\[\\]]+)\\]|(?<name>[^\\s\\[\\]:]+)):(?<port>[0-9]{1,5})");
    private static final Pattern WILDCARD = Pattern.compile("0\\.0\\.0\\.0|[0:]*::[0:]*|0+(:0+){7}");
    private static final String EXPECTED = " (expected: host:port, such as 127.0.0.1:5701)";

    /**
     * Checks the parts.
     *
     * @throws IllegalArgumentException when the host is empty or the port out of range
     */
    public HostPort {
        if (host.isBlank() || !isPort(port)) {
            throw new IllegalArgumentException(host + ":" + port + EXPECTED);
        }
    }

    /**
     * Reads an address.
     *
     * @throws IllegalArgumentException when the text is no address
     */
    public static HostPort parse(String text) {
        Matcher address = ADDRESS.matcher(text.trim());
        if (!address.matches()) {
            throw new IllegalArgumentException(text + EXPECTED);
        }
        int port = Integer.parseInt(address.group("port"));
        if (!isPort(port)) {
            throw new IllegalArgumentException(text + EXPECTED);
        }
        String ipv6 = address.group("ipv6");
        return new HostPort(ipv6 != null ? ipv6 : address.group("name"), port);
    }

    private static boolean isPort(int port) {
        return port >= 1 && port <= 65_535;
    }

    /** Whether the host means every address of the machine: good to listen on, not to be reached at. */
    public boolean isWildcard() {
        return WILDCARD.matcher(host).matches();
    }

    @Override
    public String toString() {
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
    }
}
