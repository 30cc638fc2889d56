package io.rejoin.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class BallotTest {

    private static final long NOW = 50_000;
    private static final UUID ONE = new UUID(0, 1);
    private static final UUID TWO = new UUID(0, 2);
    private static final UUID THREE = new UUID(0, 3);
    private static final UUID ONE_AGAIN = new UUID(0, 11);
    private static final UUID TWO_AGAIN = new UUID(0, 12);
    private static final UUID THREE_AGAIN = new UUID(0, 13);
    private static final Electorate ALL = electorate(7, ONE, TWO, THREE);
    private static final Electorate WITHOUT_TWO = electorate(8, ONE, THREE);

    private final List<Vote> votes = new ArrayList<>();
    private final Set<UUID> view = new LinkedHashSet<>();
    private boolean patient;
    private boolean complete = true;
    private int planned = 3;

    private static Electorate electorate(long number, UUID... voters) {
        return new Electorate(number, Set.of(voters), Set.of(voters));
    }

    private BallotTest remembers(UUID member, Electorate electorate) {
        return votes(new Vote(member, electorate, electorate, Set.of(), true, Set.of()));
    }

    private BallotTest hasJustStarted(UUID member) {
        return remembers(member, Electorate.NONE);
    }

    private BallotTest votes(Vote vote) {
        votes.add(vote);
        view.add(vote.member());
        return this;
    }

    private BallotTest isSilent(UUID member) {
        view.add(member);
        return this;
    }

    private Optional<Electorate> count() {
        return new Ballot(votes, view, planned, patient, complete).count(NOW);
    }

    private Set<UUID> voters() {
        return count().orElseThrow().voters();
    }

    @Test
    void beginsWithAllThatArePlanned() {
        hasJustStarted(ONE).hasJustStarted(TWO).hasJustStarted(THREE);

        assertThat(count()).contains(electorate(NOW, ONE, TWO, THREE));
    }

    @Test
    void beginsWithAMajorityOnlyAfterPatience() {
        hasJustStarted(ONE).hasJustStarted(TWO);

        assertThat(count()).isEmpty();
        patient = true;
        assertThat(count()).contains(electorate(NOW, ONE, TWO));
    }

    @Test
    void beginsNeverWhileOneThatIsThereMayRemember() {
        patient = true;
        hasJustStarted(ONE).hasJustStarted(TWO).isSilent(THREE);

        assertThat(count()).isEmpty();
    }

    @Test
    void goesOnWithAMajorityOfThoseBefore() {
        remembers(ONE, ALL).remembers(THREE, ALL);

        assertThat(count()).contains(WITHOUT_TWO);
    }

    /** The smallest schedule that once lost what was acknowledged: two was cut off, one and three went on, one died and came back. */
    @Test
    void countsNobodyWhoHasJustStarted() {
        remembers(TWO, ALL).hasJustStarted(ONE_AGAIN);

        assertThat(count()).isEmpty();
    }

    @Test
    void goesOnWhenAllThatArePlannedAreThere() {
        remembers(TWO, ALL).hasJustStarted(ONE_AGAIN).remembers(THREE, WITHOUT_TWO);

        assertThat(voters()).containsExactlyInAnyOrder(ONE_AGAIN, TWO, THREE);
        assertThat(count().orElseThrow().number()).isEqualTo(9);
    }

    @Test
    void waitsForOneThatStillHandsOnWhatItHad() {
        remembers(TWO, ALL)
                .hasJustStarted(ONE_AGAIN)
                .votes(new Vote(THREE_AGAIN, WITHOUT_TWO, Electorate.NONE, Set.of(THREE), false, Set.of()));

        assertThat(count()).isEmpty();
    }

    @Test
    void countsOneThatHasHandedOnWhatItHadAsWhomItWas() {
        remembers(TWO, ALL).votes(new Vote(THREE_AGAIN, ALL, Electorate.NONE, Set.of(THREE), true, Set.of()));

        assertThat(voters()).containsExactlyInAnyOrder(TWO, THREE_AGAIN);
    }

    @Test
    void asksForAMajorityOfEveryOneThatMayHaveBeenOpened() {
        Electorate offered = electorate(8, TWO, THREE);
        votes(new Vote(ONE, ALL, ALL, Set.of(), true, Set.of()));
        votes(new Vote(THREE, offered, ALL, Set.of(), true, Set.of()));

        assertThat(count()).as("two has to be there, too").isEmpty();
    }

    /** With two copies each may have what the other one has not, until copies are in place again. */
    @Test
    void asksForBothOfTwo() {
        Electorate two = electorate(9, ONE, THREE);
        remembers(ONE, two).hasJustStarted(TWO_AGAIN);
        assertThat(count()).isEmpty();

        votes.clear();
        view.clear();
        remembers(THREE, two).hasJustStarted(TWO_AGAIN);
        assertThat(count()).isEmpty();
    }

    @Test
    void countsWhoCameOnlyWhenAllCopiesAreInPlace() {
        complete = false;
        remembers(ONE, WITHOUT_TWO).remembers(THREE, WITHOUT_TWO).hasJustStarted(TWO_AGAIN);

        assertThat(voters()).containsExactlyInAnyOrder(ONE, THREE);
        assertThat(count().orElseThrow().members()).containsExactlyInAnyOrder(ONE, THREE, TWO_AGAIN);
        complete = true;
        assertThat(voters()).containsExactlyInAnyOrder(ONE, THREE, TWO_AGAIN);
    }

    @Test
    void goesOnWhileManyComeAtOnce() {
        complete = false;
        planned = 6;
        remembers(ONE, ALL).remembers(TWO, ALL).remembers(THREE, ALL);
        for (int more = 21; more <= 23; more++) {
            hasJustStarted(new UUID(0, more));
        }

        assertThat(voters()).isEqualTo(Set.of(ONE, TWO, THREE));
    }

    @Test
    void goesOnWithFewerThanAMajorityOfThePlannedNever() {
        planned = 5;
        Electorate three = electorate(9, ONE, TWO, THREE);
        remembers(ONE, three).remembers(TWO, three);

        assertThat(count()).isEmpty();
    }

    @Test
    void waitsForNobodyWhoResigned() {
        planned = 1;
        Electorate two = electorate(9, ONE, THREE);
        votes(new Vote(THREE, two, two, Set.of(), true, Set.of(ONE)));

        assertThat(voters()).containsExactly(THREE);
    }

    @Test
    void changesNothingThatIsAgreed() {
        remembers(ONE, ALL).remembers(TWO, ALL).remembers(THREE, ALL);

        assertThat(count()).isEmpty();
    }

    @Test
    void leavesNobodyOutWhoIsOnlySilentForAMoment() {
        remembers(ONE, ALL).remembers(TWO, ALL).isSilent(THREE);

        assertThat(count()).isEmpty();
    }

    @Test
    void opensAgainWhatNotAllHaveOpened() {
        remembers(ONE, ALL).remembers(TWO, ALL);
        votes(new Vote(THREE, ALL, Electorate.NONE, Set.of(), true, Set.of()));

        assertThat(count()).contains(electorate(8, ONE, TWO, THREE));
    }
}
