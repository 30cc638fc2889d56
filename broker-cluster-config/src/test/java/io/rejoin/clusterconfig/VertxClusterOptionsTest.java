package io.rejoin.clusterconfig;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.eventbus.EventBusOptions;
import io.vertx.core.http.ClientAuth;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class VertxClusterOptionsTest {

    private final ClusterConfig config = ClusterConfig.of(
            "n1", new Discovery.SingleNode(), new HostPort("10.0.0.1", 5701), new HostPort("10.0.0.2", 5702), 1);
    private final EventBusOptions options = VertxClusterOptions.eventBus(config);

    @Test
    void listensWhereOthersAreToldTo() {
        assertThat(options.getHost()).isEqualTo("10.0.0.2");
        assertThat(options.getPort()).isEqualTo(5702);
        assertThat(options.getClusterPublicHost()).isEqualTo("10.0.0.2");
        assertThat(options.getClusterPublicPort()).isEqualTo(5702);
    }

    @Test
    void noticesASilentPeerWithinSeconds() {
        assertThat(options.getClusterPingInterval()).isEqualTo(2_000);
        assertThat(options.getClusterPingReplyInterval()).isEqualTo(3_000);
        assertThat(options.getConnectTimeout()).isEqualTo(2_000);
        assertThat(options.getTcpUserTimeout()).isEqualTo(5_000);
    }

    @Test
    void asksBothEndsForACertificateWhenThereIsOne() {
        BusTls tls = new BusTls(Path.of("node.crt"), Path.of("node.key"), Path.of("ca.crt"));

        EventBusOptions encrypted = VertxClusterOptions.eventBus(config.withBusTls(Optional.of(tls)));

        assertThat(options.isSsl()).isFalse();
        assertThat(encrypted.isSsl()).isTrue();
        assertThat(encrypted.getClientAuth()).isEqualTo(ClientAuth.REQUIRED);
        assertThat(encrypted.getEnabledSecureTransportProtocols()).containsExactlyInAnyOrder("TLSv1.2", "TLSv1.3");
    }
}
