package io.rejoin.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class VoterTest {

    private static final UUID ONE = new UUID(0, 1);
    private static final UUID TWO = new UUID(0, 2);
    private static final UUID THREE = new UUID(0, 3);
    private static final Electorate FIRST = new Electorate(7, Set.of(ONE, TWO), Set.of(ONE, TWO, THREE));
    private static final Electorate SECOND = new Electorate(8, Set.of(ONE, TWO), Set.of(ONE, TWO));
    private static final Electorate RIVAL = new Electorate(8, Set.of(TWO, THREE), Set.of(TWO, THREE));

    private final Voter voter = new Voter();

    private boolean mayAcknowledge(UUID... seen) {
        return voter.mayAcknowledge(Set.of(seen)::contains, 3);
    }

    @Test
    void mayAcknowledgeOnceItIsOpen() {
        assertThat(mayAcknowledge(ONE, TWO, THREE)).isFalse();
        assertThat(voter.accept(FIRST, 0)).isTrue();
        assertThat(mayAcknowledge(ONE, TWO, THREE)).isFalse();
        assertThat(voter.open(FIRST)).isTrue();

        assertThat(mayAcknowledge(ONE, TWO, THREE)).isTrue();
        assertThat(mayAcknowledge(ONE, TWO)).as("without a member").isFalse();
    }

    @Test
    void acceptsOneOfTwoRivals() {
        voter.accept(FIRST, 0);

        assertThat(voter.accept(SECOND, 7)).isTrue();
        assertThat(voter.accept(RIVAL, 7)).isFalse();
        assertThat(voter.open(RIVAL)).isFalse();
        assertThat(voter.accept(SECOND, 7)).as("a repeated offer").isTrue();
        assertThat(voter.open(SECOND)).isTrue();
    }

    @Test
    void goesOnInWhatIsOpenUntilTheNextIs() {
        voter.accept(FIRST, 0);
        voter.open(FIRST);
        voter.accept(SECOND, 7);

        assertThat(voter.opened()).isEqualTo(FIRST);
    }

    @Test
    void keepsItsMemoryThroughAMerge() {
        voter.accept(FIRST, 0);
        voter.open(FIRST);
        voter.onMerging(ONE);

        assertThat(mayAcknowledge(ONE, TWO, THREE)).isFalse();
        assertThat(voter.accept(SECOND, 7)).isFalse();
        voter.onMerged();
        Vote vote = voter.vote(new UUID(0, 11));
        assertThat(vote.accepted()).isEqualTo(FIRST);
        assertThat(vote.formerly()).containsExactly(ONE);
        assertThat(vote.ready()).isTrue();
    }

    @Test
    void hasNoMemoryAfterAMergeThatFailed() {
        voter.accept(FIRST, 0);
        voter.onMerging(ONE);
        voter.onMergeFailed();

        Vote vote = voter.vote(new UUID(0, 11));
        assertThat(vote.accepted()).isEqualTo(Electorate.NONE);
        assertThat(vote.formerly()).isEmpty();
    }

    @Test
    void remembersWhoResignsUntilItHasLeft() {
        voter.accept(FIRST, 0);
        voter.onResigned(THREE);
        voter.open(FIRST);
        assertThat(voter.vote(ONE).resigned()).containsExactly(THREE);

        voter.accept(SECOND, 7);
        voter.open(SECOND);
        assertThat(voter.vote(ONE).resigned()).isEmpty();
    }
}
