package io.rejoin.transport;

import java.util.List;

/**
 * Who may connect to the client listener, and how it learns who that is.
 *
 * <p>Threading: immutable.
 *
 * @param origins web pages whose scripts may connect
 * @param proxyProtocol whether every connection begins with a header of the PROXY protocol
 * @param trustedProxies whose {@code X-Forwarded-For} is believed
 * @param connectionsPerAddress most connections of one address; 0 for any number
 * @param handshakesPerAddress most upgrades per second of one address; 0 for any number
 */
public record EdgeConfig(
        Origins origins,
        boolean proxyProtocol,
        List<Cidr> trustedProxies,
        int connectionsPerAddress,
        int handshakesPerAddress) {

    /** Everybody may connect, and no proxy is believed. */
    public static final EdgeConfig OPEN = new EdgeConfig(Origins.ANY, false, List.of(), 0, 0);

    /** Copies the list. */
    public EdgeConfig {
        trustedProxies = List.copyOf(trustedProxies);
    }
}
