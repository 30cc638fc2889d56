package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.testing.Spec;
import io.rejoin.value.NodeId;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(90)
final class MembershipIT extends LogTest {

    private final List<Membership> memberships = new ArrayList<>();
    private Vertx vertx;
    private TestMembers members;

    /** Keeps what it was told. */
    private static final class Told implements Membership.Listener {

        private final Queue<NodeId> left = new ConcurrentLinkedQueue<>();
        private final Queue<Boolean> majority = new ConcurrentLinkedQueue<>();

        @Override
        public void onLeft(NodeId node) {
            left.add(node);
        }

        @Override
        public void onMajority(boolean seen) {
            majority.add(seen);
        }

        @Override
        public void onRejoining() {
            throw new IllegalStateException("no member was cut off");
        }

        @Override
        public void onRejoined() {
            throw new IllegalStateException("no member was cut off");
        }
    }

    @BeforeEach
    void startMembers() {
        vertx = Vertx.vertx();
        members = TestMembers.start(3, RoomLogContract.LIMITS);
    }

    @AfterEach
    void stopMembers() {
        memberships.forEach(Membership::stop);
        members.close();
        await(vertx.close());
    }

    private Membership of(HazelcastInstance member) {
        Membership membership =
                new Membership(vertx, member, members.planned(member), StructureNames.PLAN, ClusterMetrics.NONE);
        memberships.add(membership);
        return membership;
    }

    private Told listenOn(HazelcastInstance member) {
        Told told = new Told();
        of(member).start(told);
        return told;
    }

    private void awaitPlanned(int number) {
        Await.until(
                () -> running().stream()
                        .allMatch(member -> members.planned(member).current() == number),
                () -> "planned="
                        + running().stream()
                                .map(member -> members.planned(member).current())
                                .toList());
    }

    private void learnPlan(HazelcastInstance member) {
        await(members.planned(member).refresh(vertx, member, StructureNames.PLAN));
    }

    private List<HazelcastInstance> running() {
        return members.members().stream()
                .filter(member -> member.getLifecycleService().isRunning())
                .toList();
    }

    private static NodeId nodeOf(HazelcastInstance member) {
        return new NodeId(member.getCluster().getLocalMember().getUuid());
    }

    @Test
    void doesNotForgetARiseThatCouldNotBeStored() {
        HazelcastInstance member = members.member(0);
        learnPlan(member);

        members.planned(member).saw(4);
        learnPlan(member);
        learnPlan(members.member(1));

        assertThat(members.planned(member).current()).isEqualTo(4);
        assertThat(members.planned(members.member(1)).current()).isEqualTo(4);
    }

    @Test
    void countsOneMoreForEachThatJoins() {
        members.members().forEach(this::listenOn);

        listenOn(members.startOneMore());

        Await.until(
                () -> Integer.valueOf(4)
                        .equals(members.member(0).getMap(StructureNames.PLAN).get("planned")),
                () -> "the cluster has not learned it");
        awaitPlanned(4);
    }

    @Test
    void countsOneFewerForEachThatLeavesGently() {
        members.members().forEach(this::listenOn);
        Membership leaving = memberships.get(2);
        // What each asked for when it started has been done once it gets its next answer.
        running().forEach(this::learnPlan);

        await(leaving.leave());
        leaving.stop();
        ClusterRuntime.leave(members.member(2));

        awaitPlanned(2);
        assertThat(memberships.subList(0, 2)).allMatch(Membership::seesMajority);
    }

    @Test
    void countsAMemberThatDiedAsPlanned() {
        members.members().forEach(this::listenOn);
        awaitPlanned(3);

        ClusterRuntime.terminate(members.member(1));
        members.awaitSafe();
        running().forEach(member -> await(members.planned(member).refresh(vertx, member, StructureNames.PLAN)));

        awaitPlanned(3);
    }

    @Test
    void tellsAMemberThatJoinsHowManyArePlanned() {
        members.members().forEach(this::listenOn);
        listenOn(members.startOneMore());
        awaitPlanned(4);
        ClusterRuntime.terminate(members.member(1));
        members.awaitSafe();

        members.restartAll();
        HazelcastInstance restarted = running().get(running().size() - 1);
        listenOn(restarted);

        awaitPlanned(4);
    }

    @Test
    @Spec("CL-5")
    void tellsThatTheMajorityIsLostAndSeenAgain() {
        HazelcastInstance survivor = members.member(0);
        Told told = listenOn(survivor);
        List<NodeId> killed = List.of(nodeOf(members.member(1)), nodeOf(members.member(2)));

        ClusterRuntime.terminate(members.member(1));
        ClusterRuntime.terminate(members.member(2));
        Await.until(() -> told.majority.contains(false), () -> "majority=" + told.majority);
        Await.until(() -> told.left.size() == 2, () -> "left=" + told.left);
        members.restartAll();
        Await.until(() -> told.majority.contains(true), () -> "majority=" + told.majority);

        assertThat(told.left).containsExactlyInAnyOrderElementsOf(killed);
        assertThat(told.majority).containsExactly(false, true);
    }

    @Test
    void knowsAMemberThatCameBeforeItBeganToListen() {
        Membership membership = of(members.member(0));
        NodeId gone = nodeOf(members.member(2));
        HazelcastInstance late = members.startOneMore();
        ClusterRuntime.terminate(members.member(2));
        members.awaitSafe();

        membership.start(new Told());

        assertThat(membership.contains(nodeOf(late))).as("knows the new one").isTrue();
        assertThat(membership.contains(gone)).as("knows the one that is gone").isFalse();
        assertThat(membership.size()).isEqualTo(3);
    }

    @Test
    @Spec("CL-5")
    void tellsOfTheMajorityWhenOnlyThePlanChanges() {
        HazelcastInstance member = members.member(0);
        Told told = listenOn(member);
        awaitPlanned(3);

        member.getMap(StructureNames.PLAN).set("planned", 7);
        Await.until(() -> members.planned(member).current() == 7, () -> "plan was not learned");
        member.getMap(StructureNames.PLAN).set("planned", 3);
        Await.until(() -> members.planned(member).current() == 3, () -> "plan was not learned");

        Await.until(() -> told.majority.size() == 2, () -> "majority=" + told.majority);
        assertThat(told.majority).containsExactly(false, true);
    }
}
