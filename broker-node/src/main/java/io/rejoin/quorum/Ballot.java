package io.rejoin.quorum;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Counts votes: whether those that are there may go on, and as whom.
 *
 * <p>Threading: immutable; pure.
 *
 * @param votes of those that have answered, each once
 * @param view all members of the cluster, as its oldest sees it
 * @param planned members
 * @param patient whether it has been waited long enough for somebody who remembers
 * @param complete whether all partitions have all their copies on members of the view: what is acknowledged is then where it belongs,
 *     and whoever holds copies may count
 */
record Ballot(Collection<Vote> votes, Set<UUID> view, int planned, boolean patient, boolean complete) {

    /**
     * The next electorate.
     *
     * @param nowMs number of a first one
     * @return empty when they may not go on, or nothing has to change
     */
    Optional<Electorate> count(long nowMs) {
        List<Vote> counted = votes.stream().filter(Vote::ready).toList();
        boolean allAnswer = counted.size() == view.size();
        // When as many as are planned are there, nobody else is left who could remember anything.
        boolean isEverybody = allAnswer && view.size() >= planned;
        List<Electorate> known = mayBeLast();
        if (known.isEmpty()) {
            boolean isEnough = isEverybody || (allAnswer && patient && hasMajority());
            return isEnough ? Optional.of(new Electorate(nowMs, view, view)) : Optional.empty();
        }
        if (!isEverybody && !known.stream().allMatch(this::hasMajorityOf)) {
            return Optional.empty();
        }
        Electorate last = known.get(known.size() - 1);
        Set<UUID> voters = voters(counted, last);
        Electorate next = new Electorate(highestNumber() + 1, voters, view);
        return isLargeEnough(last, next) && isWorthIt(last, next) ? Optional.of(next) : Optional.empty();
    }

    /** With fewer voters than a majority nobody may have got lost: when many members come at once, those before them go on. */
    private boolean isLargeEnough(Electorate last, Electorate next) {
        boolean onlyGrows = next.voters().containsAll(last.voters());
        return hasMajority() && (next.voters().size() * 2 > planned || onlyGrows);
    }

    /** Whether a majority of the planned members is there, and none that has answered remembers anything. */
    boolean isMajorityWithoutMemory() {
        return hasMajority() && mayBeLast().isEmpty();
    }

    private boolean hasMajority() {
        return view.size() * 2 > planned;
    }

    /** Electorates that may have been opened and have no opened successor that anybody here knows; the last one last. */
    private List<Electorate> mayBeLast() {
        long surelyOpened =
                votes.stream().mapToLong(vote -> vote.opened().number()).max().orElse(0);
        Set<Electorate> found = new LinkedHashSet<>();
        votes.forEach(vote -> found.add(vote.accepted()));
        votes.forEach(vote -> found.add(vote.opened()));
        List<Electorate> known = new ArrayList<>(found);
        known.removeIf(one -> one.isNone() || one.number() < surelyOpened);
        known.sort(Comparator.comparingLong(Electorate::number));
        return known;
    }

    private long highestNumber() {
        return votes.stream().mapToLong(vote -> vote.accepted().number()).max().orElse(0);
    }

    private boolean hasMajorityOf(Electorate electorate) {
        Set<UUID> present = new HashSet<>();
        for (Vote vote : votes) {
            if (vote.ready()) {
                present.add(vote.member());
                present.addAll(vote.formerly());
            }
            if (complete) {
                present.addAll(vote.resigned());
            }
        }
        Set<UUID> voters = electorate.voters();
        present.retainAll(voters);
        return present.size() * 2 > voters.size();
    }

    /** One that was a voter stays one; who came since becomes one when all copies are in place. */
    private Set<UUID> voters(List<Vote> counted, Electorate last) {
        Set<UUID> voters = new HashSet<>();
        for (Vote vote : counted) {
            if (complete || last.voters().contains(vote.member())) {
                voters.add(vote.member());
            }
        }
        return voters;
    }

    /** Not when it says the same, and not when it would only leave out a voter that does not answer at the moment. */
    private boolean isWorthIt(Electorate last, Electorate next) {
        boolean isOpen = votes.stream().allMatch(vote -> vote.opened().equals(last));
        boolean nobodyLeft = view.containsAll(last.members());
        if (isOpen && nobodyLeft && !next.voters().containsAll(last.voters())) {
            return false;
        }
        return !isOpen || !last.members().equals(view) || !last.voters().equals(next.voters());
    }
}
