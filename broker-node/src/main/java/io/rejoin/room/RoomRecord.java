package io.rejoin.room;

import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.Epoch;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.SessionId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One room's log as it lies in the memory of its owner and copies: terms, retained publications, publishers' numbers; and, on the
 * owner alone, the nodes that have members.
 *
 * <p>A change is first planned, which changes nothing, then applied; copies apply the same {@link RoomChange}. So what a copy
 * holds is what the owner decided, whatever the copy's clock. Ages are measured with the ticks of the node that holds the record.
 *
 * <p>Threading: confined to the partition thread of the node that holds it. Limits: {@link LogLimits}. Failure: {@link #plan} never
 * changes anything and {@link #apply} refuses a change that does not follow.
 */
public final class RoomRecord {

    /** An empty record as a map's entry, with its name, term and lease. */
    static final int OVERHEAD_BYTES = 2_048;

    private final TermStarts terms = new TermStarts();
    private final ArrayDeque<Publication> retained = new ArrayDeque<>();
    private final Map<SessionId, PublisherNumbers> publishers = new LinkedHashMap<>();
    private final Map<NodeId, Long> leases = new HashMap<>();
    private UUID owner;
    private long version;
    private long electorate;
    private long head;
    private long retainedBytes;
    private int publisherBytes;
    private @Nullable UUID watcher;
    private long watchedTick;
    private long idleSinceTick;

    RoomRecord(UUID owner) {
        this.owner = owner;
    }

    /** Where and when an operation runs, and in which electorate. */
    public record Moment(UUID owner, long electorate, long timeMs, long tick, java.util.random.RandomGenerator random) {
        Epoch mint() {
            return new Epoch(random.nextLong(1, Long.MAX_VALUE));
        }
    }

    /** A change with what it will mean for each draft. */
    public record Plan(RoomChange change, List<DraftOutcome> outcomes, Position before) {}

    /** Tag of the current term. */
    public Epoch term() {
        return terms.current();
    }

    /** Raised by every change. */
    public long version() {
        return version;
    }

    /** Number of the electorate that the last change was made in. */
    public long electorate() {
        return electorate;
    }

    /**
     * Whether it is the one to keep of two that a split made of one log: of what either side acknowledged it has all. The later
     * electorate had all of the earlier one; within one, a log only grew.
     */
    public boolean supersedes(RoomRecord other) {
        return electorate != other.electorate ? electorate > other.electorate : version > other.version;
    }

    /** Takes the interests of one that this supersedes: its members are served from here. */
    public void takeInterests(RoomRecord other) {
        other.leases.forEach(leases::putIfAbsent);
    }

    /** The node that made the last change. */
    public UUID owner() {
        return owner;
    }

    /** The last offset and its epoch. */
    public Position head() {
        return new Position(terms.epochAt(head), head);
    }

    /** Offset of the oldest retained publication; head + 1 when nothing is retained. */
    public long oldestRetained() {
        return head - retained.size() + 1;
    }

    /** Bytes that it takes, about. */
    public long weight() {
        return OVERHEAD_BYTES + retainedBytes + publisherBytes;
    }

    /**
     * Whether it can take a batch without growing, by letting its oldest publications go.
     *
     * @param newPublishers whether it may grow by the numbers of publishers that it does not know
     */
    public boolean canMakeRoomFor(List<Draft> batch, boolean newPublishers) {
        long bytes = 0;
        for (Draft draft : batch) {
            if (!newPublishers && !publishers.containsKey(draft.session())) {
                return false;
            }
            bytes += draft.isSkip() ? 0 : draft.weight();
        }
        return bytes <= retainedBytes;
    }

    long retainedBytes() {
        return retainedBytes;
    }

    int publisherBytes() {
        return publisherBytes;
    }

    TermStarts terms() {
        return terms;
    }

    ArrayDeque<Publication> retained() {
        return retained;
    }

    Map<SessionId, PublisherNumbers> publishers() {
        return publishers;
    }

    Map<NodeId, Long> leases() {
        return leases;
    }

    /** Plans the creation of an empty log. */
    public static RoomChange planCreation(Moment now) {
        return new RoomChange(
                Epoch.NONE, 0, now.owner(), now.mint(), now.timeMs(), List.of(), 1, false, List.of(), now.electorate());
    }

    /**
     * Decides what becomes of a batch; changes nothing.
     *
     * @param record the log, {@code null} when it is not there yet
     * @param batch drafts in order
     * @param now the owner's clocks and identity
     * @param limits bounds of the log
     */
    public static Plan plan(@Nullable RoomRecord record, List<Draft> batch, Moment now, LogLimits limits) {
        boolean sameOwner = record != null && record.owner.equals(now.owner());
        Epoch term = sameOwner && record != null ? record.term() : now.mint();
        RoomRecord known = record == null ? new RoomRecord(now.owner()) : record;
        return new AppendPlan(known, record != null, term, now, limits).take(batch);
    }

    /**
     * Plans what time alone does: publishers are forgotten, old publications let go.
     *
     * @return empty when nothing is due
     */
    public Optional<RoomChange> planSweep(Moment now, LogLimits limits) {
        List<SessionId> forgotten = forgettable(now.tick(), limits);
        long retainFrom = retainFrom(now.timeMs(), limits, List.of());
        if (forgotten.isEmpty() && retainFrom == oldestRetained()) {
            return Optional.empty();
        }
        return Optional.of(new RoomChange(
                term(),
                version,
                owner,
                term(),
                now.timeMs(),
                List.of(),
                retainFrom,
                false,
                forgotten,
                now.electorate()));
    }

    /**
     * Applies a change.
     *
     * @param record the log, {@code null} when it is not there yet
     * @param change what was decided by the owner
     * @param tick the ticks of the node that holds this record
     * @param limits only {@link LogLimits#inflight()} is used
     * @return the log after the change: the same object when there was one
     * @throws IllegalStateException when the change does not follow what this record holds; nothing is changed then
     */
    public static RoomRecord apply(@Nullable RoomRecord record, RoomChange change, long tick, LogLimits limits) {
        if (!change.matches(record)) {
            throw new IllegalStateException("log mismatch: term=" + (record == null ? "none" : record.term())
                    + " version="
                    + (record == null ? 0 : record.version) + " (expected: term=" + change.expectedTerm() + " version="
                    + change.expectedVersion() + ")");
        }
        RoomRecord log = record == null ? new RoomRecord(change.owner()) : record;
        if (change.isCompareOnly()) {
            log.idleSinceTick = tick;
        } else {
            log.applyMatching(change, tick, limits);
        }
        return log;
    }

    private void applyMatching(RoomChange change, long tick, LogLimits limits) {
        for (SessionId session : change.forgotten()) {
            forget(session);
        }
        if (change.forgetSettled()) {
            forgetSettled();
        }
        if (terms.isEmpty() || !terms.current().equals(change.term())) {
            terms.add(change.term(), head + 1);
        }
        for (Draft draft : change.taken()) {
            take(draft, change, tick, limits);
        }
        letGoBefore(change.retainFrom());
        terms.forgetBefore(oldestRetained());
        owner = change.owner();
        electorate = Math.max(electorate, change.electorate());
        version++;
        idleSinceTick = tick;
    }

    private void take(Draft draft, RoomChange change, long tick, LogLimits limits) {
        long offset = 0;
        if (draft.data() != null) {
            offset = ++head;
            Publication publication = new Publication(
                    offset,
                    change.term(),
                    change.timeMs(),
                    draft.data(),
                    draft.key(),
                    draft.user(),
                    draft.publisher(),
                    draft.number());
            retained.addLast(publication);
            retainedBytes += publication.weight();
        }
        PublisherNumbers numbers = publishers.get(draft.session());
        if (numbers == null) {
            numbers = new PublisherNumbers(tick);
            publishers.put(draft.session(), numbers);
            publisherBytes += numbers.weight() + draft.session().value().length();
        }
        int before = numbers.weight();
        numbers.use(draft.number(), offset, change.term(), draft.first(), limits.inflight(), tick);
        publisherBytes += numbers.weight() - before;
    }

    private void forget(SessionId session) {
        PublisherNumbers numbers = publishers.remove(session);
        if (numbers != null) {
            publisherBytes -= numbers.weight() + session.value().length();
        }
    }

    private void forgetSettled() {
        for (PublisherNumbers numbers : publishers.values()) {
            int before = numbers.weight();
            numbers.forgetSettled();
            publisherBytes += numbers.weight() - before;
        }
    }

    private void letGoBefore(long offset) {
        while (!retained.isEmpty() && retained.getFirst().offset() < offset) {
            retainedBytes -= retained.removeFirst().weight();
        }
    }

    private List<SessionId> forgettable(long tick, LogLimits limits) {
        List<SessionId> due = new ArrayList<>();
        publishers.forEach((session, numbers) -> {
            if (tick - numbers.lastTick() > limits.forgetMs()) {
                due.add(session);
            }
        });
        return due;
    }

    /** Oldest offset to retain once drafts are appended. */
    private long retainFrom(long timeMs, LogLimits limits, List<Draft> appended) {
        long keptCount = retained.size();
        long keptBytes = retainedBytes;
        for (Draft draft : appended) {
            keptCount += draft.isSkip() ? 0 : 1;
            keptBytes += draft.isSkip() ? 0 : draft.weight();
        }
        long from = oldestRetained();
        for (Publication oldest : retained) {
            boolean tooOld = timeMs - oldest.timeMs() > limits.ageMs();
            if (keptCount <= limits.publications() && keptBytes <= limits.bytes() && !tooOld) {
                return from;
            }
            keptCount--;
            keptBytes -= oldest.weight();
            from++;
        }
        for (Draft oldest : appended) {
            if (keptCount <= limits.publications() && keptBytes <= limits.bytes()) {
                return from;
            }
            keptCount -= oldest.isSkip() ? 0 : 1;
            keptBytes -= oldest.isSkip() ? 0 : oldest.weight();
            from += oldest.isSkip() ? 0 : 1;
        }
        return from;
    }

    /**
     * Where a member starts.
     *
     * @param query what it asks for
     * @param timeMs the owner's clock: publications past their age are not offered
     */
    public JoinedResult start(JoinQuery query, long timeMs, LogLimits limits) {
        Position after = query.after();
        if (after != null) {
            return capped(resume(after, timeMs, limits), query.cap());
        }
        long oldest = retainFrom(timeMs, limits, List.of());
        long offset = Math.max(head - query.newest(), oldest - 1);
        return new JoinedResult.Live(positionAt(Math.max(offset, startOf(query.cap()))));
    }

    /** The offset before the newest publications that a cap lets through; 0 when it lets all of them through. */
    private long startOf(ReplayCap cap) {
        if (cap.equals(ReplayCap.NONE)) {
            return 0;
        }
        long start = head;
        long bytes = 0;
        for (Iterator<Publication> newestFirst = retained.descendingIterator(); newestFirst.hasNext(); start--) {
            bytes += newestFirst.next().weight();
            boolean fits = head - start < cap.publications() && (bytes <= cap.bytes() || start == head);
            if (!fits) {
                return start;
            }
        }
        return 0;
    }

    private JoinedResult capped(JoinedResult start, ReplayCap cap) {
        Position from = Room.startOf(start);
        long goOn = startOf(cap);
        if (goOn <= from.offset()) {
            return start;
        }
        GapRange missed =
                start instanceof JoinedResult.Gapped gapped ? gapped.gap() : new GapRange(GapReason.LIMIT, 0, 0);
        // Of another history stays what the client has to know first, whatever else it misses.
        GapReason reason = missed.reason() == GapReason.EPOCH ? GapReason.EPOCH : GapReason.LIMIT;
        long first = missed.from() > 0 ? missed.from() : from.offset() + 1;
        return new JoinedResult.Gapped(positionAt(goOn), new GapRange(reason, first, goOn));
    }

    private JoinedResult resume(Position after, long timeMs, LogLimits limits) {
        long oldest = retainFrom(timeMs, limits, List.of());
        long common = after.equals(Position.START) ? 0 : terms.commonWith(after, head);
        if (common == after.offset()) {
            return common >= oldest - 1
                    ? new JoinedResult.Resumed(after.equals(Position.START) ? positionAt(0) : after)
                    : new JoinedResult.Gapped(
                            positionAt(oldest - 1), new GapRange(GapReason.RETENTION, common + 1, oldest - 1));
        }
        long lastCommon = Math.max(common, 0);
        long goOn = Math.max(lastCommon, oldest - 1);
        GapRange range = goOn > lastCommon
                ? new GapRange(GapReason.EPOCH, lastCommon + 1, goOn)
                : new GapRange(GapReason.EPOCH, 0, 0);
        return new JoinedResult.Gapped(positionAt(goOn), range);
    }

    /** A page of the retained log, bounded in count and bytes. */
    public HistoryView page(@Nullable Position after, int limit, int maxBytes, long timeMs, LogLimits limits) {
        Position from;
        GapRange gap = null;
        if (after == null) {
            long oldest = retainFrom(timeMs, limits, List.of());
            from = positionAt(Math.max(head - limit, oldest - 1));
        } else {
            JoinedResult start = resume(after, timeMs, limits);
            if (start instanceof JoinedResult.Gapped gapped) {
                from = gapped.position();
                gap = gapped.gap();
            } else {
                from = ((JoinedResult.Resumed) start).position();
            }
        }
        List<Publication> page =
                after == null ? newestWithin(from.offset(), maxBytes) : slice(from.offset(), head, limit, maxBytes);
        Position position = page.isEmpty() ? from : page.get(page.size() - 1).position();
        return new HistoryView(page, position, position.offset() < head, gap);
    }

    /**
     * What lies between two points.
     *
     * @param maxBytes at least one publication is returned when there is one
     * @param latest leaves out what is superseded by a newer value of its key between the points
     * @return empty when this log does not hold both points, or does not retain what follows {@code after}
     */
    public Optional<List<Publication>> between(Position after, Position upTo, int maxBytes, boolean latest) {
        boolean holdsBoth =
                terms.commonWith(after, head) == after.offset() && terms.commonWith(upTo, head) == upTo.offset();
        if (!holdsBoth || after.offset() < oldestRetained() - 1) {
            return Optional.empty();
        }
        return Optional.of(
                latest
                        ? latest(after.offset(), upTo.offset(), maxBytes)
                        : slice(after.offset(), upTo.offset(), Integer.MAX_VALUE, maxBytes));
    }

    private List<Publication> latest(long after, long upTo, int maxBytes) {
        ArrayDeque<Publication> newest = new ArrayDeque<>();
        Set<String> keys = new HashSet<>();
        for (Iterator<Publication> newestFirst = retained.descendingIterator(); newestFirst.hasNext(); ) {
            Publication next = newestFirst.next();
            if (next.offset() <= after) {
                break;
            }
            if (next.offset() <= upTo && (next.key() == null || keys.add(next.key()))) {
                newest.addFirst(next);
            }
        }
        List<Publication> page = new ArrayList<>();
        int bytes = 0;
        for (Publication next : newest) {
            bytes += next.weight();
            if (bytes > maxBytes && !page.isEmpty()) {
                break;
            }
            page.add(next);
        }
        return page;
    }

    private List<Publication> slice(long after, long upTo, int limit, int maxBytes) {
        List<Publication> slice = new ArrayList<>();
        int bytes = 0;
        Iterator<Publication> all = retained.iterator();
        for (long skip = after + 1 - oldestRetained(); skip > 0 && all.hasNext(); skip--) {
            all.next();
        }
        while (all.hasNext() && slice.size() < limit) {
            Publication next = all.next();
            bytes += next.weight();
            if (next.offset() > upTo || (bytes > maxBytes && !slice.isEmpty())) {
                break;
            }
            slice.add(next);
        }
        return slice;
    }

    private List<Publication> newestWithin(long after, int maxBytes) {
        ArrayDeque<Publication> page = new ArrayDeque<>();
        int bytes = 0;
        for (Iterator<Publication> newestFirst = retained.descendingIterator(); newestFirst.hasNext(); ) {
            Publication next = newestFirst.next();
            bytes += next.weight();
            if (next.offset() <= after || (bytes > maxBytes && !page.isEmpty())) {
                break;
            }
            page.addFirst(next);
        }
        return List.copyOf(page);
    }

    private Position positionAt(long offset) {
        return new Position(terms.epochAt(offset), offset);
    }

    /** Registers a node, or renews its lease. */
    public void lease(NodeId node, long tick, LogLimits limits) {
        leases.put(node, tick + limits.leaseMs());
        idleSinceTick = tick;
    }

    /** Ends a node's interest. */
    public void withdraw(NodeId node) {
        leases.remove(node);
    }

    /** Nodes with a lease that still runs; others are let go. */
    public Set<NodeId> interested(long tick) {
        leases.values().removeIf(until -> until - tick < 0);
        return new HashSet<>(leases.keySet());
    }

    /**
     * Whether the room may be removed: this owner itself saw neither an append nor an interest for the idle time.
     *
     * @param self the node that asks, at least twice in the idle time: an owner that has not asked for longer may have been a copy
     *     in between, and a copy sees no interests; like one that just took over, it starts to watch now
     */
    public boolean isIdle(UUID self, long tick, LogLimits limits) {
        if (!self.equals(watcher) || tick - watchedTick > limits.idleMs() / 2) {
            watcher = self;
            idleSinceTick = tick;
        }
        watchedTick = tick;
        return interested(tick).isEmpty() && tick - idleSinceTick > limits.idleMs();
    }

    void restore(long restoredElectorate) {
        this.electorate = restoredElectorate;
    }

    void restore(long restoredVersion, long restoredHead) {
        this.version = restoredVersion;
        this.head = restoredHead;
    }

    void restore(Publication publication) {
        retained.addLast(publication);
        retainedBytes += publication.weight();
    }

    void restore(SessionId session, PublisherNumbers numbers) {
        publishers.put(session, numbers);
        publisherBytes += numbers.weight() + session.value().length();
    }

    /** Walks a batch without changing the log, keeping what the log would remember in between. */
    private static final class AppendPlan {

        private final RoomRecord log;
        private final Epoch term;
        private final Moment now;
        private final LogLimits limits;
        private final boolean exists;
        private final List<Draft> taken = new ArrayList<>();
        private final List<DraftOutcome> outcomes = new ArrayList<>();
        private final Map<SessionId, PublisherNumbers> planned = new HashMap<>();
        private Set<SessionId> forgotten = Set.of();
        private boolean forgetSettled;
        private long heldUnsettled = -1;
        private int newPublishers;
        private int newPublisherBytes;
        private int appended;

        AppendPlan(RoomRecord log, boolean exists, Epoch term, Moment now, LogLimits limits) {
            this.log = log;
            this.exists = exists;
            this.term = term;
            this.now = now;
            this.limits = limits;
        }

        Plan take(List<Draft> batch) {
            if (isTight(batch.size())) {
                forgotten = new LinkedHashSet<>(log.forgettable(now.tick(), limits));
                forgetSettled = true;
            }
            for (Draft draft : batch) {
                outcomes.add(decide(draft));
            }
            return new Plan(change(), outcomes, exists ? log.head() : new Position(term, 0));
        }

        private RoomChange change() {
            boolean nothing = taken.isEmpty() && exists;
            if (nothing) {
                return RoomChange.compareOnly(log);
            }
            return new RoomChange(
                    exists ? log.term() : Epoch.NONE,
                    log.version,
                    now.owner(),
                    term,
                    now.timeMs(),
                    taken,
                    log.retainFrom(now.timeMs(), limits, taken),
                    forgetSettled,
                    List.copyOf(forgotten),
                    now.electorate());
        }

        private DraftOutcome decide(Draft draft) {
            PublisherNumbers numbers = planned.get(draft.session());
            PublisherNumbers stored = forgotten.contains(draft.session()) ? null : log.publishers.get(draft.session());
            PublisherNumbers known = numbers != null ? numbers : stored;
            long last = known == null ? 0 : known.last();
            long expected = PublisherNumbers.expected(last, draft.first());
            if (draft.number() < expected) {
                Position position = numbers != null ? numbers.positionOf(draft.number()) : null;
                return new DraftOutcome.Duplicate(
                        position != null || stored == null ? position : stored.positionOf(draft.number()));
            }
            if (draft.number() > expected) {
                return new DraftOutcome.OutOfOrder(expected);
            }
            boolean admitted = known == null ? admitPublisher(draft.session()) : admitRun();
            return admitted ? use(draft) : new DraftOutcome.PublisherLimit();
        }

        private DraftOutcome use(Draft draft) {
            long offset = 0;
            if (draft.data() != null) {
                appended++;
                offset = log.head + appended;
            }
            planned.computeIfAbsent(draft.session(), session -> new PublisherNumbers(now.tick()))
                    .use(draft.number(), offset, term, draft.first(), limits.inflight(), now.tick());
            taken.add(draft);
            return new DraftOutcome.Applied(offset == 0 ? null : new Position(term, offset));
        }

        private boolean admitPublisher(SessionId session) {
            int bytes = PublisherNumbers.OWN_BYTES
                    + PublisherNumbers.RUN_BYTES
                    + session.value().length();
            int count = log.publishers.size() - forgotten.size() + newPublishers;
            if (count >= limits.publishers() || heldBytes() + newPublisherBytes + bytes > limits.publisherBytes()) {
                return false;
            }
            newPublishers++;
            newPublisherBytes += bytes;
            return true;
        }

        /** A known publisher may go on until twice the bound, so that those who never tell {@code first} cannot grow for ever. */
        private boolean admitRun() {
            newPublisherBytes += PublisherNumbers.RUN_BYTES;
            return heldBytes() + newPublisherBytes <= 2L * limits.publisherBytes();
        }

        /** Bytes of numbers once the planned forgetting is done. */
        private long heldBytes() {
            if (!forgetSettled) {
                return log.publisherBytes;
            }
            if (heldUnsettled < 0) {
                heldUnsettled = sumUnsettled();
            }
            return heldUnsettled;
        }

        private long sumUnsettled() {
            long bytes = 0;
            for (Map.Entry<SessionId, PublisherNumbers> entry : log.publishers.entrySet()) {
                if (!forgotten.contains(entry.getKey())) {
                    bytes += entry.getValue().weightUnsettled()
                            + entry.getKey().value().length();
                }
            }
            return bytes;
        }

        private boolean isTight(int drafts) {
            int room = drafts * (PublisherNumbers.OWN_BYTES + PublisherNumbers.RUN_BYTES + 64);
            return log.publishers.size() + drafts > limits.publishers()
                    || log.publisherBytes + room > limits.publisherBytes();
        }
    }
}
