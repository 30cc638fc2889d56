package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import io.rejoin.testing.Await;
import io.rejoin.testing.RoomLogContract;
import io.rejoin.value.RoomId;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class RoomHoldersIT {

    private final TestMembers members = TestMembers.start(3, RoomLogContract.LIMITS);

    @AfterEach
    void stopMembers() {
        members.close();
    }

    @Test
    void namesTheOwnerAndThenTheCopy() {
        RoomId room = new RoomId(members.keyOn(members.member(1), members.member(0)));
        RoomHolders holders = new RoomHolders(members.member(2), 2);

        // The witness learns of it last.
        Await.until(
                () -> holders.of(room).equals(List.of("member-1", "member-0")), () -> "holders=" + holders.of(room));
    }

    @Test
    void namesTheFormerCopyFirstWhenTheOwnerHasDied() {
        HazelcastInstance witness = members.member(2);
        String key = members.keyOn(members.member(1), members.member(0));
        RoomHolders holders = new RoomHolders(witness, 2);

        members.member(1).getLifecycleService().terminate();

        Await.until(
                () -> holders.of(new RoomId(key)).equals(List.of("member-0", "member-2")),
                () -> "holders=" + holders.of(new RoomId(key)));
    }
}
