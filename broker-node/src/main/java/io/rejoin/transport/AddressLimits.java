package io.rejoin.transport;

import io.rejoin.flow.Ticker;
import io.rejoin.flow.TokenBucket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What one client address may take of a node. Of an IPv6 address the first 64 bits count, since whoever has one has all of its network.
 *
 * <p>Threading: thread-safe. Limits: counts of connections are kept of addresses that have some; the rate of handshakes of the {@value
 * #MOST_ADDRESSES} addresses that were seen last, and one that was forgotten begins anew.
 */
final class AddressLimits {

    static final int MOST_ADDRESSES = 65_536;

    private static final int NETWORK_BYTES = 8;

    private final int connections;
    private final TokenBucket.Rate handshakes;
    private final Ticker ticker;
    private final Map<String, Integer> open = new ConcurrentHashMap<>();
    private final Map<String, TokenBucket> rates = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, TokenBucket> eldest) {
            return size() > MOST_ADDRESSES;
        }
    };

    /**
     * Creates limits of which nothing is used.
     *
     * @param connections most at once; 0 for any number
     * @param handshakes most per second; 0 for any number
     */
    AddressLimits(int connections, int handshakes, Ticker ticker) {
        this.connections = connections;
        this.handshakes = TokenBucket.Rate.perSecond(handshakes, 1);
        this.ticker = ticker;
    }

    /** Whether a request of an address is answered as it would be of another; {@code null} is an address that nobody knows. */
    boolean admitsHandshake(@Nullable InetAddress address) {
        if (address == null || !handshakes.isLimit()) {
            return true;
        }
        TokenBucket rate;
        synchronized (rates) {
            rate = rates.computeIfAbsent(key(address), unseen -> new TokenBucket(handshakes, ticker));
        }
        return rate.take(1) == 0;
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
