package io.rejoin.clusterconfig;

import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.Set;

/**
 * Options of the event bus between nodes.
 *
 * <p>The host is always set: left alone, the bus would take the first address it finds, loopback not excluded. A silent peer is noticed
 * within seconds rather than the default forty.
 */
public final class VertxClusterOptions {

    private static final int CONNECT_TIMEOUT_MS = 2_000;
    private static final int USER_TIMEOUT_MS = 5_000;
    private static final long PING_INTERVAL_MS = 2_000;
    private static final long PING_REPLY_MS = 3_000;

    private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");

    private VertxClusterOptions() {}

    /** Options for one node. */
    public static EventBusOptions eventBus(ClusterConfig config) {
        EventBusOptions options = new EventBusOptions();
        options.setHost(config.bus().host()).setPort(config.bus().port());
        options.setClusterPublicHost(config.bus().host())
                .setClusterPublicPort(config.bus().port());
        options.setClusterPingInterval(PING_INTERVAL_MS).setClusterPingReplyInterval(PING_REPLY_MS);
        options.setConnectTimeout(CONNECT_TIMEOUT_MS).setTcpUserTimeout(USER_TIMEOUT_MS);
        config.busTls().ifPresent(tls -> encrypt(options, tls));
        return options;
    }

    /** Both ends of every link show a certificate. */
    private static void encrypt(EventBusOptions options, BusTls tls) {
        options.setSsl(true)
                .setClientAuth(ClientAuth.REQUIRED)
                .setKeyCertOptions(new PemKeyCertOptions()
                        .addCertPath(tls.certificate().toString())
                        .addKeyPath(tls.key().toString()))
                .setTrustOptions(new PemTrustOptions().addCertPath(tls.ca().toString()))
                .setEnabledSecureTransportProtocols(PROTOCOLS);
    }
}
