package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.wan.impl.CallerProvenance;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.room.RoomMetrics;
import io.rejoin.session.SessionDirectory.Claim;
import io.rejoin.session.SessionDirectory.Holder;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.testing.Spec;
import io.rejoin.value.NodeId;
import io.rejoin.value.SessionId;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Records of sessions whose owners die. */
@Timeout(60)
final class SessionRecordIT extends LogTest {

    private static final NodeId OLD = new NodeId(new UUID(0, 1));
    private static final NodeId NEW = new NodeId(new UUID(0, 2));

    private final SessionId session = new SessionId(UUID.randomUUID().toString());
    private Vertx vertx;
    private TestMembers members;
    private HazelcastInstance owner;
    private HazelcastInstance copy;
    private HazelcastSessionDirectory directory;

    @BeforeEach
    void startMembers() {
        vertx = Vertx.vertx();
        members = TestMembers.start(3, RoomLogContract.LIMITS);
        owner = members.replicaOf(session.value(), 0);
        copy = members.replicaOf(session.value(), 1);
        NodeBus bus = new NodeBus(vertx, NEW, 1 << 20, node -> false, RoomMetrics.NONE);
        directory = new HazelcastSessionDirectory(vertx, copy, StructureNames.SESSIONS, bus, Duration.ofMinutes(2));
    }

    @AfterEach
    void stopMembers() {
        members.close();
        await(vertx.close());
    }

    private void killOwner() {
        ClusterRuntime.terminate(owner);
        members.awaitSafe();
    }

    @Test
    @Spec({"SE-2", "SE-3", "SE-8"})
    void outlivesItsOwner() {
        await(directory.claim(session, null, OLD, 1, 5));

        await(directory.noteSlow(session, new Holder(OLD, 1, 5)));
        killOwner();
        Claim kept = await(directory.touch(session, null, new Holder(OLD, 1, 5)));
        Claim stuck = await(directory.claim(session, null, NEW, 1, 4));
        Claim resumed = await(directory.claim(session, null, NEW, 2, 6));

        assertThat(kept).isInstanceOf(Claim.Owned.class);
        assertThat(stuck).isInstanceOf(Claim.TakenOver.class);
        assertThat(((Claim.Owned) resumed).resumed()).isTrue();
        assertThat(((Claim.Owned) resumed).slowCloses()).isEqualTo(1);
        assertThat(((Claim.Owned) resumed).previous()).contains(new Holder(OLD, 1, 5));
    }

    /** The first claim's outcome was unknown, because the copy missed it; the repeated one must not leave it so. */
    @Test
    @Spec("SE-8")
    void isOnItsCopyOnceARepeatedClaimIsAnswered() {
        await(directory.claim(session, null, NEW, 1, 5));
        TestMembers.onReplica(copy, StructureNames.SESSIONS, session.value(), (store, key) -> {
            store.removeBackup(key, CallerProvenance.NOT_WAN);
            return true;
        });

        Claim repeated = await(directory.claim(session, null, NEW, 1, 5));
        killOwner();
        Claim stuck = await(directory.claim(session, null, OLD, 1, 4));

        assertThat(repeated).isInstanceOf(Claim.Owned.class);
        assertThat(stuck).isInstanceOf(Claim.TakenOver.class);
    }

    /** A node repeats a claim whose outcome it does not know; meanwhile the client may have connected elsewhere. */
    @Test
    @Spec({"SE-7", "SE-9"})
    void isNotTakenBackByARepeatedClaimWithoutAttempt() {
        await(directory.claim(session, null, OLD, 1, 0));
        Claim newer = await(directory.claim(session, null, NEW, 1, 0));

        Claim repeated = await(directory.claim(session, null, OLD, 1, 0));

        assertThat(repeated).isInstanceOf(Claim.TakenOver.class);
        Holder holder = new Holder(NEW, 1, ((Claim.Owned) newer).generation());
        assertThat(await(directory.touch(session, null, holder))).isInstanceOf(Claim.Owned.class);
    }
}
