package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.internal.util.Clock;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.room.RoomMetrics;
import io.rejoin.session.SessionDirectory.Claim;
import io.rejoin.session.SessionDirectory.Holder;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.testing.Spec;
import io.rejoin.value.NodeId;
import io.rejoin.value.SessionId;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

final class HazelcastSessionDirectoryIT extends LogTest {

    private static final NodeId FROZEN = new NodeId(new UUID(0, 1));
    private static final NodeId HEALTHY = new NodeId(new UUID(0, 2));

    private static Vertx vertx;
    private static TestMembers members;
    private static HazelcastSessionDirectory directory;

    private final SessionId session = new SessionId(UUID.randomUUID().toString());

    @BeforeAll
    static void startMembers() {
        vertx = Vertx.vertx();
        members = TestMembers.start(2, RoomLogContract.LIMITS, Duration.ofSeconds(3));
        NodeBus bus = new NodeBus(vertx, HEALTHY, 1 << 20, node -> false, RoomMetrics.NONE);
        directory = new HazelcastSessionDirectory(
                vertx, members.member(0), StructureNames.SESSIONS, bus, Duration.ofMinutes(2));
    }

    @AfterAll
    static void stopMembers() {
        members.close();
        await(vertx.close());
    }

    @Test
    @Spec("SE-8")
    void doesNotGiveASessionBackToAHelloThatWasStuck() {
        await(directory.claim(session, null, FROZEN, 1, 1));
        Claim newer = await(directory.claim(session, null, HEALTHY, 1, 3));

        Claim stuck = await(directory.claim(session, null, FROZEN, 2, 2));
        Claim again = await(directory.claim(session, null, HEALTHY, 1, 3));

        assertThat(newer).isInstanceOf(Claim.Owned.class);
        assertThat(stuck).isInstanceOf(Claim.TakenOver.class);
        assertThat(again).isEqualTo(newer);
    }

    @Test
    @Spec("SE-7")
    void findsATakeoverWhoseMessageWasLostByTouch() {
        await(directory.claim(session, null, FROZEN, 1, 1));
        Holder older = new Holder(FROZEN, 1, 1);
        assertThat(await(directory.touch(session, null, older))).isInstanceOf(Claim.Owned.class);

        Claim.Owned newer = (Claim.Owned) await(directory.claim(session, null, HEALTHY, 9, 2));

        assertThat(newer.previous()).contains(older);
        assertThat(newer.resumed()).isTrue();
        assertThat(await(directory.touch(session, null, older))).isInstanceOf(Claim.TakenOver.class);
    }

    @Test
    void givesARepeatedAttemptANumberOfItsOwn() {
        await(directory.claim(session, null, FROZEN, 1, 4));

        Claim.Owned repeated = (Claim.Owned) await(directory.claim(session, null, HEALTHY, 1, 4));

        assertThat(repeated.generation()).isEqualTo(5);
        assertThat(await(directory.touch(session, null, new Holder(FROZEN, 1, 4))))
                .isInstanceOf(Claim.TakenOver.class);
    }

    @Test
    void endsASessionForItsHolderOnly() {
        await(directory.claim(session, null, HEALTHY, 1, 2));
        await(directory.end(session, new Holder(FROZEN, 1, 1)));
        Claim.Owned kept = (Claim.Owned) await(directory.claim(session, null, HEALTHY, 2, 3));
        await(directory.end(session, new Holder(HEALTHY, 2, 3)));

        Claim.Owned afresh = (Claim.Owned) await(directory.claim(session, null, HEALTHY, 3, 4));

        assertThat(kept.resumed()).isTrue();
        assertThat(afresh.resumed()).isFalse();
    }

    /** Asks the owner's memory, because asking the map for the record would count as a touch. */
    private boolean isExpired() {
        HazelcastInstance owner = members.replicaOf(session.value(), 0);
        return TestMembers.onReplica(
                owner,
                StructureNames.SESSIONS,
                session.value(),
                (store, key) -> store.getRecordOrNull(key, false) == null
                        || store.isExpired(key, Clock.currentTimeMillis(), false));
    }

    @Test
    @Spec("SE-11")
    void forgetsASessionThatNobodyTouches() {
        await(directory.claim(session, null, HEALTHY, 1, 1));

        Await.until(this::isExpired, () -> "the record is still alive");

        Claim.Owned afresh = (Claim.Owned) await(directory.claim(session, null, HEALTHY, 2, 2));
        assertThat(afresh.resumed()).isFalse();
    }

    private static int slowCloses(Claim claim) {
        return ((Claim.Owned) claim).slowCloses();
    }

    @Test
    @Spec("CL-7")
    void remembersForTheNextConnectionThatOneDidNotKeepUp() {
        await(directory.claim(session, null, FROZEN, 1, 1));
        Holder first = new Holder(FROZEN, 1, 1);
        await(directory.noteSlow(session, first));
        await(directory.noteSlow(session, first));

        Claim second = await(directory.claim(session, null, HEALTHY, 1, 2));
        await(directory.noteSlow(session, first));
        await(directory.noteSlow(session, new Holder(HEALTHY, 1, 2)));
        Claim touched = await(directory.touch(session, null, new Holder(HEALTHY, 1, 2)));
        Claim third = await(directory.claim(session, null, HEALTHY, 2, 3));

        assertThat(slowCloses(second)).as("noted twice for one connection").isEqualTo(1);
        assertThat(slowCloses(touched))
                .as("the older connection holds the session no longer")
                .isEqualTo(2);
        assertThat(slowCloses(third)).isEqualTo(2);
    }

    @Test
    @Spec("CL-7")
    void forgetsThatAConnectionDidNotKeepUp() {
        NodeBus bus = new NodeBus(vertx, HEALTHY, 1 << 20, node -> false, RoomMetrics.NONE);
        HazelcastSessionDirectory forgetful = new HazelcastSessionDirectory(
                vertx, members.member(0), StructureNames.SESSIONS, bus, Duration.ofMillis(1));
        Holder holder = new Holder(HEALTHY, 1, 1);
        await(directory.claim(session, null, HEALTHY, 1, 1));
        await(directory.noteSlow(session, holder));
        assertThat(slowCloses(await(directory.touch(session, null, holder)))).isEqualTo(1);

        Await.until(
                () -> slowCloses(await(forgetful.touch(session, null, holder))) == 0,
                () -> "the close is still remembered");

        assertThat(slowCloses(await(directory.claim(session, null, FROZEN, 1, 2))))
                .isZero();
    }

    @Test
    void makesNoRecordForAConnectionThatDidNotKeepUpAfterItWasForgotten() {
        await(directory.noteSlow(session, new Holder(HEALTHY, 1, 1)));

        Claim.Owned afresh = (Claim.Owned) await(directory.claim(session, null, HEALTHY, 2, 2));

        assertThat(afresh.resumed()).isFalse();
        assertThat(afresh.slowCloses()).isZero();
    }
}
