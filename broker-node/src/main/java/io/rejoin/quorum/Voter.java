package io.rejoin.quorum;

import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;

/**
 * What one node keeps of electorates, for as long as its process lives: also when its member was on the smaller side of a split, joined
 * the larger one, and is another member since.
 *
 * <p>Threading: thread-safe, by its own monitor; {@link #mayAcknowledge} takes none. Limits: sets of members, emptied with the next
 * electorate.
 */
public final class Voter {

    private final Set<UUID> formerly = new HashSet<>();
    private final Set<UUID> resigned = new HashSet<>();
    private Electorate accepted = Electorate.NONE;
    private boolean ready = true;
    private volatile Electorate opened = Electorate.NONE;

    /** Answers what this node remembers, as the member that it is now. */
    public synchronized Vote vote(UUID self) {
        return new Vote(self, accepted, opened, formerly, ready, resigned);
    }

    /**
     * Accepts an electorate, unless this node has accepted another one since it was asked: so whoever counted its vote knew all it
     * has accepted.
     *
     * @param expected number of what this node had accepted when it voted
     * @return whether it is accepted; a repeated question gets the same answer
     */
    public synchronized boolean accept(Electorate next, long expected) {
        if (accepted.equals(next)) {
            return true;
        }
        if (accepted.number() != expected || !ready) {
            return false;
        }
        accepted = next;
        return true;
    }

    /**
     * All voters of an electorate have accepted it: its members may acknowledge.
     *
     * @return whether this node is one of them now
     */
    public synchronized boolean open(Electorate electorate) {
        if (!accepted.equals(electorate)) {
            return false;
        }
        opened = accepted;
        formerly.clear();
        resigned.retainAll(opened.members());
        return true;
    }

    /** This node was on the smaller side of a split, and begins to hand on what it has: it may acknowledge nothing. */
    public synchronized void onMerging(UUID former) {
        formerly.add(former);
        ready = false;
        opened = Electorate.NONE;
    }

    /** It has handed on what it had. */
    public synchronized void onMerged() {
        ready = true;
    }

    /** It has not handed it on: what it had is lost, and it is like one that has just started. */
    public synchronized void onMergeFailed() {
        ready = true;
        formerly.clear();
        accepted = Electorate.NONE;
    }

    /** A member leaves gracefully: it hands on what it has. */
    public synchronized void onResigned(UUID member) {
        resigned.add(member);
    }

    /** The last electorate that was opened here. */
    public Electorate opened() {
        return opened;
    }

    /**
     * Whether this node may acknowledge now.
     *
     * @param isSeen whether a member is in the list of this node's own member
     * @param planned members, of which more than half have to be there
     */
    public boolean mayAcknowledge(Predicate<UUID> isSeen, int planned) {
        Electorate now = opened;
        if (now.members().size() * 2 <= planned) {
            return false;
        }
        for (UUID member : now.members()) {
            if (!isSeen.test(member)) {
                return false;
            }
        }
        return true;
    }
}
