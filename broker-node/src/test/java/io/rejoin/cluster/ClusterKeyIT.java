package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.splitbrainprotection.SplitBrainProtectionException;
import io.rejoin.clusterconfig.StructureNames;
import io.rejoin.testing.Await;
import io.rejoin.testing.LogTest;
import io.rejoin.testing.RoomLogContract;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class ClusterKeyIT extends LogTest {

    private static final String ENTRY = "session-key";

    private Vertx vertx;
    private TestMembers members;

    @BeforeEach
    void startOne() {
        vertx = Vertx.vertx();
        members = TestMembers.startOneOf(2, RoomLogContract.LIMITS);
    }

    @AfterEach
    void stopMembers() {
        await(vertx.close());
        members.close();
    }

    private Future<byte[]> obtain(HazelcastInstance member, int candidate) {
        return ClusterKey.obtain(vertx, member, StructureNames.SECRETS, new byte[] {(byte) candidate});
    }

    private static boolean isRefused(HazelcastInstance member) {
        try {
            member.getMap(StructureNames.SECRETS).putIfAbsent("any", new byte[0]);
            return false;
        } catch (SplitBrainProtectionException minority) {
            return true;
        }
    }

    @Test
    void isMadeOnceAMajorityIsThereAndTheSameOnAllNodes() {
        Future<byte[]> first = obtain(members.member(0), 1);
        Await.until(() -> isRefused(members.member(0)), () -> "a minority may write");
        boolean early = first.isComplete();

        HazelcastInstance second = members.startNext();
        List<byte[]> keys = List.of(await(first), await(obtain(second, 2)), await(obtain(members.member(0), 3)));

        assertThat(early).as("made by a minority").isFalse();
        assertThat(keys).allMatch(key -> Arrays.equals(key, keys.get(0)));
    }

    @Test
    void isPutBackByANodeThatStillHasIt() {
        HazelcastInstance second = members.startNext();
        byte[] key = await(obtain(members.member(0), 1));
        ClusterKey.keep(vertx, members.member(0), StructureNames.SECRETS, key);

        second.getMap(StructureNames.SECRETS).remove(ENTRY);
        Await.until(() -> second.getMap(StructureNames.SECRETS).containsKey(ENTRY), () -> "key is not back");

        assertThat(await(obtain(second, 2))).isEqualTo(key);
    }
}
