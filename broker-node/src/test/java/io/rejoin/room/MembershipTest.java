package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.testing.RecordingMember;
import io.rejoin.testing.Spec;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import org.junit.jupiter.api.Test;

/** Gaps that meet before the socket takes the first: one is told, and it is true. */
@Spec({"RM-12", "RM-14"})
class MembershipTest {

    private static final Epoch OLD = new Epoch(1);
    private static final Epoch NEW = new Epoch(2);

    private Membership at(Position cursor) {
        // The loop is needed to deliver only.
        return new Membership(new RoomId("lobby"), new RecordingMember(), null, cursor, false);
    }

    private static GapRange epoch(long from, long to) {
        return new GapRange(GapReason.EPOCH, from, to);
    }

    private static GapRange retention(long from, long to) {
        return new GapRange(GapReason.RETENTION, from, to);
    }

    private static Position at(Epoch epoch, long offset) {
        return new Position(epoch, offset);
    }

    @Test
    void tellsASingleGapAsItIs() {
        Membership membership = at(at(OLD, 2));

        membership.gap(retention(3, 8), at(OLD, 8));

        assertThat(membership.pendingGap().range()).isEqualTo(retention(3, 8));
        assertThat(membership.cursor()).isEqualTo(at(OLD, 8));
    }

    @Test
    void tellsOfTheEpochWhenALaterGapVoidsWhatTheMemberGot() {
        Membership membership = at(at(OLD, 5));
        membership.gap(retention(6, 8), at(OLD, 8));

        membership.gap(epoch(0, 0), at(NEW, 3));

        assertThat(membership.pendingGap().range()).isEqualTo(epoch(0, 0));
        assertThat(membership.pendingGap().position()).isEqualTo(at(NEW, 3));
    }

    @Test
    void tellsOfTheEpochWhenNothingIsCommon() {
        Membership membership = at(at(OLD, 0));
        membership.gap(retention(1, 4), at(OLD, 4));

        membership.gap(epoch(0, 0), at(NEW, 0));

        assertThat(membership.pendingGap().range()).isEqualTo(epoch(0, 0));
        assertThat(membership.pendingGap().position()).isEqualTo(at(NEW, 0));
    }

    @Test
    void tellsOnlyWhatIsSkippedWhenNothingThatTheMemberGotIsVoid() {
        Membership membership = at(at(OLD, 2));
        membership.gap(retention(3, 8), at(OLD, 8));

        membership.gap(epoch(6, 6), at(NEW, 6));

        assertThat(membership.pendingGap().range()).isEqualTo(retention(3, 6));
        assertThat(membership.pendingGap().position()).isEqualTo(at(NEW, 6));
    }

    @Test
    void tellsNothingWhenNothingIsMissingAfterAll() {
        Membership membership = at(at(OLD, 2));
        membership.gap(retention(3, 8), at(OLD, 8));

        membership.gap(epoch(0, 0), at(OLD, 2));

        assertThat(membership.pendingGap()).isNull();
        assertThat(membership.cursor()).isEqualTo(at(OLD, 2));
    }

    @Test
    void keepsTheEarliestCommonPointOfTwoGapsOfEpoch() {
        Membership membership = at(at(OLD, 9));
        membership.gap(epoch(0, 0), at(NEW, 4));

        membership.gap(epoch(6, 7), at(NEW, 7));

        assertThat(membership.pendingGap().range()).isEqualTo(epoch(5, 7));
    }

    @Test
    void takesALaterCommonPointThatIsEarlier() {
        Membership membership = at(at(OLD, 9));
        membership.gap(epoch(5, 6), at(NEW, 6));

        membership.gap(epoch(0, 0), at(NEW, 1));

        assertThat(membership.pendingGap().range()).isEqualTo(epoch(0, 0));
        assertThat(membership.pendingGap().position()).isEqualTo(at(NEW, 1));
    }
}
