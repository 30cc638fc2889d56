package io.rejoin.quorum;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the oldest member does until all members agree on an electorate: asks all what they remember, offers the next electorate, and opens
 * it when all its voters have accepted.
 *
 * <p>Two members that both take themselves for the oldest do no harm: a voter accepts an electorate only as long as it has accepted no
 * other since it was asked.
 *
 * <p>Threading: confined to one thread, which answers come back on, too.
 */
public final class Election {

    private static final Logger LOG = LoggerFactory.getLogger(Election.class);
    /** Who does not answer for so long is left out, or the round is begun again. */
    private static final long PATIENCE_MS = 1_000;

    private final Cluster cluster;
    private @Nullable Round round;
    /** What all members are known to have opened. */
    private Electorate agreed = Electorate.NONE;
    /** Since when a majority is there that remembers nothing; the greatest number while there is none. */
    private long waitedSince = Long.MAX_VALUE;

    /** The cluster as one member sees it, and how it reaches the others. No answer comes when a member does not answer. */
    public interface Cluster {

        /** Whether this is the oldest of the members that it sees. */
        boolean isOldest();

        /** The members that it sees. */
        Set<UUID> view();

        /** Of which a majority is needed. */
        int planned();

        /** How long a majority that remembers nothing waits for the other planned members before it begins without them. */
        long beginWaitMs();

        /** Whether all partitions have all their copies. */
        boolean isComplete();

        /** The time of day. */
        long timeMs();

        /** Time for measuring. */
        long tick();

        /** Asks a member for its vote. */
        void ask(UUID member, Consumer<Vote> onVote);

        /** Offers a member an electorate, on the number that it had accepted when it voted. */
        void offer(UUID member, Electorate electorate, long expected, Consumer<Boolean> onAccepted);

        /** Tells a member that an electorate is open. */
        void open(UUID member, Electorate electorate, Consumer<Boolean> onOpened);
    }

    /** One attempt. */
    private static final class Round {
        private final SortedSet<UUID> view;
        private final Map<UUID, Vote> votes = new TreeMap<>();
        private final Set<UUID> accepted = new TreeSet<>();
        private final Set<UUID> opened = new TreeSet<>();
        private long until;
        private @Nullable Electorate offered;

        Round(Set<UUID> view) {
            this.view = new TreeSet<>(view);
        }
    }

    /** Holds elections in a cluster. */
    public Election(Cluster cluster) {
        this.cluster = cluster;
    }

    /** Looks whether anything is to be done; to be called when members came or left, and several times a second. */
    public void look() {
        if (!cluster.isOldest()) {
            round = null;
            agreed = Electorate.NONE;
            waitedSince = Long.MAX_VALUE;
            return;
        }
        Set<UUID> view = cluster.view();
        Round current = round;
        if (current != null && current.view.equals(view)) {
            if (cluster.tick() < current.until) {
                return;
            }
            if (current.offered == null) {
                count(current);
            } else {
                round = null;
            }
        } else {
            round = null;
        }
        boolean isSettled = agreed.members().equals(view) && agreed.voters().equals(view);
        if (round == null && !isSettled) {
            begin(view);
        }
    }

    private void begin(Set<UUID> view) {
        Round next = new Round(view);
        next.until = cluster.tick() + PATIENCE_MS;
        round = next;
        for (UUID member : next.view) {
            cluster.ask(member, vote -> onVote(next, member, vote));
        }
    }

    private void onVote(Round asked, UUID member, Vote vote) {
        if (asked == round && asked.offered == null && member.equals(vote.member())) {
            asked.votes.put(member, vote);
            if (asked.votes.size() == asked.view.size()) {
                count(asked);
            }
        }
    }

    private boolean isPatient() {
        return waitedSince != Long.MAX_VALUE && cluster.tick() - waitedSince > cluster.beginWaitMs();
    }

    /** Ends the round when those that answered may not go on, or need not change anything. */
    private void count(Round asked) {
        Ballot ballot =
                new Ballot(asked.votes.values(), asked.view, cluster.planned(), isPatient(), cluster.isComplete());
        waitedSince = ballot.isMajorityWithoutMemory() ? Math.min(waitedSince, cluster.tick()) : Long.MAX_VALUE;
        Optional<Electorate> next = ballot.count(cluster.timeMs());
        if (next.isEmpty()) {
            LOG.debug("no new electorate votes={} of={}", asked.votes.size(), asked.view.size());
            round = null;
            return;
        }
        Electorate offered = next.get();
        asked.offered = offered;
        asked.until = cluster.tick() + PATIENCE_MS;
        for (Vote vote : List.copyOf(asked.votes.values())) {
            UUID member = vote.member();
            cluster.offer(member, offered, vote.accepted().number(), accepted -> onAccepted(asked, member, accepted));
        }
    }

    private void onAccepted(Round asked, UUID member, boolean isAccepted) {
        Electorate offered = asked.offered;
        if (asked != round || offered == null || !isAccepted) {
            return;
        }
        boolean wasOpen = asked.accepted.containsAll(offered.voters());
        asked.accepted.add(member);
        if (wasOpen) {
            open(asked, offered, member);
        } else if (asked.accepted.containsAll(offered.voters())) {
            LOG.info(
                    "electorate number={} voters={} members={}",
                    offered.number(),
                    offered.voters().size(),
                    offered.members().size());
            List.copyOf(asked.accepted).forEach(ready -> open(asked, offered, ready));
        }
    }

    private void open(Round asked, Electorate offered, UUID member) {
        cluster.open(member, offered, opened -> onOpened(asked, offered, member, opened));
    }

    private void onOpened(Round asked, Electorate offered, UUID member, boolean isOpened) {
        if (asked == round && isOpened) {
            asked.opened.add(member);
            if (asked.opened.containsAll(offered.members())) {
                agreed = offered;
                round = null;
            }
        }
    }
}
