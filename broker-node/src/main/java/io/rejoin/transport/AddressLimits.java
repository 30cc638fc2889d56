package io.rejoin.transport;

import io.rejoin.flow.Ticker;
import io.rejoin.flow.TokenBucket;
import io.rejoin.flow.TokenBuckets;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What one client address may take of a node. Of an IPv6 address the first 64 bits count, since whoever has one has all of its network.
 *
 * <p>Threading: thread-safe. Limits: counts are kept of addresses that have connections, rates of those that came within seconds.
 */
final class AddressLimits {

    private static final int NETWORK_BYTES = 8;

    private final int connections;
    private final TokenBucket.Rate handshakes;
    private final Map<String, Integer> open = new ConcurrentHashMap<>();
    private final TokenBuckets<String> rates;

    /**
     * Creates limits of which nothing is used.
     *
     * @param connections most at once; 0 for any number
     * @param handshakes most per second; 0 for any number
     */
    AddressLimits(int connections, int handshakes, Ticker ticker) {
        this.connections = connections;
        this.handshakes = TokenBucket.Rate.perSecond(handshakes, 1);
        this.rates = new TokenBuckets<>(ticker);
    }

    /** Whether a request of an address is answered as it would be of another; {@code null} is an address that nobody knows. */
    boolean admitsHandshake(@Nullable InetAddress address) {
        return address == null || !handshakes.isLimit() || rates.take(key(address), handshakes, 1) == 0;
    }

    /**
     * Counts one more connection, unless that is too many.
     *
     * @return whether it was counted; {@link #close} has to follow then
     */
    boolean open(@Nullable InetAddress address) {
        if (address == null || connections == 0) {
            return true;
        }
        boolean[] counted = {true};
        open.compute(key(address), (key, count) -> {
            int now = count == null ? 0 : count;
            counted[0] = now < connections;
            return counted[0] ? Integer.valueOf(now + 1) : count;
        });
        return counted[0];
    }

    /** Counts one connection less. */
    void close(@Nullable InetAddress address) {
        if (address != null && connections > 0) {
            open.computeIfPresent(key(address), (key, count) -> count > 1 ? count - 1 : null);
        }
    }

    /** Addresses with connections that count. */
    int addresses() {
        return open.size();
    }

    private static String key(InetAddress address) {
        byte[] bytes = address.getAddress();
        return HexFormat.of().formatHex(bytes.length > NETWORK_BYTES ? Arrays.copyOf(bytes, NETWORK_BYTES) : bytes);
    }
}
