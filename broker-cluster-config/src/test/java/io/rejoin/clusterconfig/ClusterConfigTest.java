package io.rejoin.clusterconfig;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ClusterConfigTest {

    private static final HostPort BIND = new HostPort("10.0.0.1", 5701);
    private static final HostPort BUS = new HostPort("10.0.0.1", 5702);

    private static ClusterConfig with(Discovery discovery, int size) {
        return ClusterConfig.of("n1", discovery, BIND, BUS, size);
    }

    private static Discovery members(String... addresses) {
        return new Discovery.StaticMembers(
                List.of(addresses).stream().map(HostPort::parse).toList());
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1, 1", "2, 2, 2, 2", "3, 3, 2, 2", "4, 3, 2, 3", "5, 3, 2, 3", "7, 3, 2, 4", "100, 3, 2, 51"})
    void followsThePlannedSize(int size, int copies, int minInSync, int majority) {
        ClusterConfig config = with(new Discovery.Dns("rejoin"), size);

        assertThat(config.copies()).isEqualTo(copies);
        assertThat(config.minInSync()).isEqualTo(minInSync);
        assertThat(config.majority()).isEqualTo(majority);
        assertThat(config.faults()).isEmpty();
    }

    @Test
    void hasDefaults() {
        ClusterConfig config = with(new Discovery.SingleNode(), 1);

        assertThat(config.clusterName()).isEqualTo("rejoin");
        assertThat(config.nodeName()).isEqualTo("n1");
        assertThat(config.discovery()).isEqualTo(new Discovery.SingleNode());
        assertThat(config.bind()).isEqualTo(BIND);
        assertThat(config.bus()).isEqualTo(BUS);
        assertThat(config.partitions()).isEqualTo(271);
        assertThat(config.timing()).isEqualTo(ClusterTiming.PRODUCTION);
        assertThat(config.faults()).isEmpty();
    }

    @Test
    void changesOneSettingAtATime() {
        ClusterConfig config = with(new Discovery.SingleNode(), 1);
        ClusterTiming patient = ClusterTiming.PRODUCTION.withJoinWait(Duration.ofSeconds(9));

        assertThat(config.withClusterName("x"))
                .isEqualTo(new ClusterConfig(
                        "x",
                        "n1",
                        config.discovery(),
                        BIND,
                        BUS,
                        Optional.empty(),
                        1,
                        1,
                        1,
                        271,
                        ClusterTiming.PRODUCTION));
        assertThat(config.withCopies(3, 2))
                .isEqualTo(new ClusterConfig(
                        "rejoin",
                        "n1",
                        config.discovery(),
                        BIND,
                        BUS,
                        Optional.empty(),
                        1,
                        3,
                        2,
                        271,
                        ClusterTiming.PRODUCTION));
        assertThat(config.withPartitions(11))
                .isEqualTo(new ClusterConfig(
                        "rejoin",
                        "n1",
                        config.discovery(),
                        BIND,
                        BUS,
                        Optional.empty(),
                        1,
                        1,
                        1,
                        11,
                        ClusterTiming.PRODUCTION));
        BusTls tls = new BusTls(Path.of("node.crt"), Path.of("node.key"), Path.of("ca.crt"));
        assertThat(config.withBusTls(Optional.of(tls)).busTls()).contains(tls);
        assertThat(config.withTiming(patient))
                .isEqualTo(new ClusterConfig(
                        "rejoin", "n1", config.discovery(), BIND, BUS, Optional.empty(), 1, 1, 1, 271, patient));
    }

    @Test
    void takesMembersThatContainThisNode() {
        assertThat(with(members("10.0.0.1:5701", "10.0.0.2:5701", "10.0.0.3:5701"), 3)
                        .faults())
                .isEmpty();
    }

    @Test
    void takesMoreCopiesThanAreNeededForAnAcknowledgement() {
        assertThat(with(new Discovery.Dns("rejoin"), 5).withCopies(5, 1).faults())
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "101"})
    void refusesSizesOutOfRange(int size) {
        assertThat(with(new Discovery.Dns("rejoin"), size).faults())
                .contains("cluster.size=" + size + " (expected: 1..100)");
    }

    @Test
    void refusesCopiesThatHaveNoMemberToLieOn() {
        assertThat(with(new Discovery.Dns("rejoin"), 3).withCopies(4, 2).faults())
                .containsExactly("cluster.copies=4 (expected: 1..3, at most cluster.size)");
        assertThat(with(new Discovery.Dns("rejoin"), 9).withCopies(7, 2).faults())
                .containsExactly("cluster.copies=7 (expected: 1..6, at most cluster.size)");
    }

    @Test
    void refusesMoreInSyncThanThereAreCopies() {
        assertThat(with(new Discovery.Dns("rejoin"), 3).withCopies(2, 3).faults())
                .containsExactly("cluster.min-in-sync=3 (expected: 1..2, at most cluster.copies)");
        assertThat(with(new Discovery.Dns("rejoin"), 3).withCopies(2, 0).faults())
                .containsExactly("cluster.min-in-sync=0 (expected: 1..2, at most cluster.copies)");
    }

    @Test
    void refusesMembersWithoutThisNode() {
        assertThat(with(members("10.0.0.2:5701", "10.0.0.3:5701"), 2).faults())
                .containsExactly("cluster.members=[10.0.0.2:5701, 10.0.0.3:5701]"
                        + " (expected: to contain cluster.bind=10.0.0.1:5701)");
    }

    @Test
    void refusesAMemberNamedTwice() {
        assertThat(with(members("10.0.0.1:5701", "10.0.0.1:5701"), 2).faults())
                .containsExactly("cluster.members=[10.0.0.1:5701, 10.0.0.1:5701] (expected: each member once)");
    }

    @Test
    void refusesToPlanFewerThanTheMembersBecauseTwoMajoritiesCouldMeet() {
        assertThat(with(members("10.0.0.1:5701", "10.0.0.2:5701", "10.0.0.3:5701"), 2)
                        .faults())
                .containsExactly("cluster.size=2 (expected: at least 3, the number of cluster.members)");
    }

    @Test
    void refusesToPlanMoreThanOneWithoutAWayToFindThem() {
        assertThat(with(new Discovery.SingleNode(), 3).faults())
                .containsExactly("cluster.size=3 (expected: 1, or cluster.members or cluster.dns to find the others)");
    }

    @Test
    void refusesAddressesThatOthersCannotReach() {
        ClusterConfig config = ClusterConfig.of(
                "n1", new Discovery.Dns("rejoin"), new HostPort("0.0.0.0", 5701), new HostPort("::", 5702), 3);

        assertThat(config.faults())
                .containsExactly(
                        "cluster.bind=0.0.0.0:5701 (expected: an address of this node that the others can reach)",
                        "cluster.bus=[::]:5702 (expected: an address of this node that the others can reach)");
    }

    @Test
    void refusesOnePortForTwoListeners() {
        assertThat(ClusterConfig.of("n1", new Discovery.SingleNode(), BIND, BIND, 1)
                        .faults())
                .containsExactly("cluster.bus=10.0.0.1:5701 (expected: another port than cluster.bind)");
    }

    @Test
    void refusesABlankService() {
        assertThat(with(new Discovery.Dns(" "), 3).faults())
                .containsExactly("cluster.dns is blank (expected: name of a headless service)");
    }

    @Test
    void namesAllFaultsAtOnce() {
        ClusterConfig config =
                ClusterConfig.of("n1", members("10.0.0.2:5701"), BIND, BIND, 0).withCopies(0, 2);

        assertThat(config.faults())
                .extracting(fault -> fault.substring(0, fault.indexOf('=')))
                .containsExactly(
                        "cluster.size", "cluster.copies", "cluster.min-in-sync", "cluster.bus", "cluster.members");
    }
}
