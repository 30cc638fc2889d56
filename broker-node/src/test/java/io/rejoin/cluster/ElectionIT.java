package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.hazelcast.core.HazelcastInstance;
import io.rejoin.quorum.Electorate;
import io.rejoin.testing.Await;
import io.rejoin.testing.RoomLogContract;
import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ElectionIT {

    private TestMembers members;

    @AfterEach
    void stopMembers() {
        members.close();
    }

    private void startThree() {
        members = TestMembers.start(3, RoomLogContract.LIMITS);
        awaitVoters(members.member(0), members.member(1), members.member(2));
    }

    private static Electorate opened(HazelcastInstance member) {
        return RoomLogContext.of(member).voter().opened();
    }

    private static UUID id(HazelcastInstance member) {
        return member.getCluster().getLocalMember().getUuid();
    }

    /** Waits until these have agreed that they, and nobody else, are voters. */
    private static void awaitVoters(HazelcastInstance... voters) {
        Set<UUID> ids = Arrays.stream(voters).map(ElectionIT::id).collect(Collectors.toSet());
        Await.until(
                () -> Arrays.stream(voters)
                        .allMatch(voter -> opened(voter).voters().equals(ids)
                                && TestMembers.mayAcknowledge(voter)
                                && opened(voter).equals(opened(voters[0]))),
                () -> "voters=" + ids + " expected, and "
                        + Arrays.stream(voters).map(ElectionIT::opened).toList() + " opened");
    }

    @Test
    void membersThatAreLeftAgreeAndOneThatComesIsAVoterOnceCopiesAreInPlace() {
        startThree();
        long first = opened(members.member(0)).number();
        members.member(2).getLifecycleService().terminate();
        awaitVoters(members.member(0), members.member(1));

        HazelcastInstance again = members.restart(2);

        awaitVoters(members.member(0), members.member(1), again);
        assertThat(opened(again).number()).isGreaterThan(first + 1);
        assertThat(RoomLogContext.of(again).gate().isComplete(TestMembers.internals(again)))
                .isTrue();
    }

    @Test
    void oneThatRemembersAndOneThatJustStartedDoNotGoOn() {
        startThree();
        HazelcastInstance lost = members.member(0);
        HazelcastInstance left = members.member(1);
        members.member(2).getLifecycleService().terminate();
        awaitVoters(members.member(0), members.member(1));
        long number = opened(left).number();
        lost.getLifecycleService().terminate();

        // Two of three are there again: a majority of heads.
        HazelcastInstance empty = members.restart(members.indexOf(lost));

        assertThat(TestMembers.mayAcknowledge(left)).isFalse();
        assertThat(TestMembers.mayAcknowledge(empty)).isFalse();
        assertThat(opened(left).number()).isEqualTo(number);

        // Now nobody is left who could remember more.
        HazelcastInstance last = members.restart(2);
        awaitVoters(left, empty, last);
        assertThat(opened(left).number()).isGreaterThan(number);
    }

    @Test
    void oneThatWasCutOffIsAVoterAgainAsAnotherMember() {
        startThree();
        HazelcastInstance lost = members.member(2);
        UUID before = id(lost);
        TestMembers.suspect(members.member(0), lost);
        Await.until(() -> !id(lost).equals(before), () -> "the member that was removed has not joined again");

        awaitVoters(members.member(0), members.member(1), lost);
    }

    @Test
    void oneThatLeavesGracefullyIsNotWaitedFor() {
        startThree();
        members.member(2).getLifecycleService().terminate();
        awaitVoters(members.member(0), members.member(1));
        HazelcastInstance leaving = members.member(0);
        HazelcastInstance left = members.member(1);

        HazelcastInstance empty = members.restart(2);
        ClusterRuntime.leave(leaving);

        awaitVoters(left, empty);
    }

    @Test
    void twoThatRememberNothingWaitForTheThird() {
        members = TestMembers.startOneOf(3, RoomLogContract.LIMITS);
        HazelcastInstance second = members.startNext();
        members.awaitSafe();

        assertThat(TestMembers.mayAcknowledge(members.member(0))).isFalse();
        assertThat(TestMembers.mayAcknowledge(second)).isFalse();

        HazelcastInstance third = members.startNext();
        awaitVoters(members.member(0), second, third);
    }
}
