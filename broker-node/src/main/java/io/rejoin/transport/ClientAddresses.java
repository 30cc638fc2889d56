package io.rejoin.transport;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds out whom a connection comes from, when there are proxies in between.
 *
 * <p>Each proxy adds to the right of {@code X-Forwarded-For} whom it got the request from, and whatever stands further left may be a
 * lie of the client. So the client is the first address from the right that is no proxy of ours.
 *
 * <p>Threading: immutable.
 */
final class ClientAddresses {

    private final List<Cidr> trusted;

    /**
     * Creates a finder.
     *
     * @param trusted proxies whose word is taken
     */
    ClientAddresses(List<Cidr> trusted) {
        this.trusted = List.copyOf(trusted);
    }

    /**
     * The client's address.
     *
     * @param peer other end of the socket, or whom the PROXY protocol names; {@code null} when that is no IP address
     * @param forwardedFor values of the {@code X-Forwarded-For} headers, in their order
     * @return {@code null} when nobody knows it
     */
    @Nullable
    InetAddress of(@Nullable String peer, List<String> forwardedFor) {
        InetAddress address = peer == null ? null : parse(peer);
        if (address == null || !isTrusted(address)) {
            return address;
        }
        List<String> hops = new ArrayList<>(forwardedFor.stream()
                .flatMap(line -> Stream.of(line.split(",")))
                .toList());
        for (int i = hops.size() - 1; i >= 0; i--) {
            InetAddress hop = parse(withoutPort(hops.get(i).trim()));
            if (hop == null) {
                return address;
            }
            address = hop;
            if (!isTrusted(hop)) {
                return address;
            }
        }
        return address;
    }

    private boolean isTrusted(InetAddress address) {
        return trusted.stream().anyMatch(block -> block.contains(address));
    }

    private static String withoutPort(String hop) {
        int bracket = hop.indexOf(']');
        if (hop.startsWith("[") && bracket > 0) {
            return hop.substring(1, bracket);
        }
        int colon = hop.indexOf(':');
        return colon >= 0 && colon == hop.lastIndexOf(':') ? hop.substring(0, colon) : hop;
    }

    private static @Nullable InetAddress parse(String text) {
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(text);
        try {
            return bytes == null ? null : InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("bytes=" + bytes.length + " (expected: 4 or 16)", e);
        }
    }
}
