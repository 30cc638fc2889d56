package io.rejoin.transport;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Origins of web pages whose scripts may connect. Only browsers tell an origin, and they tell the true one; so this protects the users
 * of a browser from pages of others, and nothing else.
 *
 * <p>Threading: immutable.
 *
 * @param any whether every origin is allowed
 * @param allowed origins in lower case without the default port of their scheme; {@code https://*.example.org} stands for every host
 *     below that domain
 */
public record Origins(boolean any, Set<String> allowed) {

    /** Every page may connect. */
    public static final Origins ANY = new Origins(true, Set.of());

    /** No page may connect, but programs that are no browsers may. */
    public static final Origins NONE = new Origins(false, Set.of());

    private static final Pattern ORIGIN =
            Pattern.compile("[a-z][a-z0-9+.-]*://(\\*\\.)?([a-z0-9._-]+|\\[[0-9a-f:.]+])(:\\d{1,5})?");
    private static final String OPAQUE = "null";
    private static final String EVERY_HOST = "://*.";

    /** Copies the set. */
    public Origins {
        allowed = Set.copyOf(allowed);
    }

    /**
     * Reads a list of origins.
     *
     * @throws IllegalArgumentException when one is none
     */
    public static Origins of(List<String> origins) {
        return new Origins(false, origins.stream().map(Origins::normalized).collect(Collectors.toUnmodifiableSet()));
    }

    private static String normalized(String origin) {
        String lower = origin.toLowerCase(Locale.ROOT);
        if (!lower.equals(OPAQUE) && !ORIGIN.matcher(lower).matches()) {
            throw new IllegalArgumentException("origin=" + origin
                    + " (expected: scheme://host or scheme://host:port, such as https://app.example.org)");
        }
        return withoutDefaultPort(withoutDefaultPort(lower, "https://", ":443"), "http://", ":80");
    }

    private static String withoutDefaultPort(String origin, String scheme, String port) {
        return origin.startsWith(scheme) && origin.endsWith(port)
                ? origin.substring(0, origin.length() - port.length())
                : origin;
    }

    /**
     * Whether an upgrade may go on.
     *
     * @param origins values of its Origin headers; none when the client is no browser
     */
    boolean allows(List<String> origins) {
        if (any || origins.isEmpty()) {
            return true;
        }
        return origins.size() == 1 && isAllowed(origins.get(0).trim().toLowerCase(Locale.ROOT));
    }

    private boolean isAllowed(String origin) {
        if (allowed.contains(origin)) {
            return true;
        }
        int host = origin.indexOf("://");
        return host >= 0 && isBelowAllowed(origin.substring(0, host), origin.substring(host + 3));
    }

    private boolean isBelowAllowed(String scheme, String host) {
        for (int dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
            if (dot > 0 && allowed.contains(scheme + EVERY_HOST + host.substring(dot + 1))) {
                return true;
            }
        }
        return false;
    }

    /** The origins as a setting has them. */
    @Override
    public String toString() {
        if (any) {
            return "any";
        }
        return allowed.isEmpty()
                ? "none"
                : String.join(",", allowed.stream().sorted().toList());
    }
}
