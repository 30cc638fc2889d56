package io.rejoin.clusterconfig;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.eventbus.EventBusOptions;
import org.junit.jupiter.api.Test;

final class VertxClusterOptionsTest {

    private final EventBusOptions options = VertxClusterOptions.eventBus(ClusterConfig.of(
            "n1", new Discovery.SingleNode(), new HostPort("10.0.0.1", 5701), new HostPort("10.0.0.2", 5702), 1));

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
}
