package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rejoin.protocol.Payload;
import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.value.Position;
import io.rejoin.value.PublisherId;
import io.rejoin.value.SessionId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A room's log beside the plainest model of it: a list of everything ever taken, and for each session where each number went.
 *
 * <p>Every change goes to the owner and to a copy with other ticks; what the two hold must be the same bytes.
 */
final class RecordModel {

    private static final long COPY_TICKS = 77_000_000;

    private final LogLimits limits;
    private final boolean isTight;
    private final Random random = new Random(11);
    private final Set<Position> dead = new HashSet<>();
    private final List<Position> handedOut = new ArrayList<>();
    private List<Publication> history = new ArrayList<>();
    private Map<SessionId, Numbers> sessions = new HashMap<>();
    private RoomRecord owner;
    private RoomRecord copy;
    private RoomRecord laggard;
    private boolean laggardMissed;
    private UUID node = new UUID(0, 1);
    private long nodes = 1;
    private long now = 1_000;

    private static final class Numbers {
        private final TreeMap<Long, Position> went = new TreeMap<>();
        private long last;
        private long settled;
        private long usedAt;

        Numbers copy() {
            Numbers copy = new Numbers();
            copy.went.putAll(went);
            copy.last = last;
            copy.settled = settled;
            copy.usedAt = usedAt;
            return copy;
        }
    }

    /** A number relative to the session's next one; {@code back} tells {@code first}, 0 for not told. */
    record DraftStep(int session, int ahead, int back, boolean isSkip, int size) {}

    RecordModel(LogLimits limits, boolean isTight) {
        this.limits = limits;
        this.isTight = isTight;
        RoomChange creation = RoomRecord.planCreation(moment());
        owner = RoomRecord.apply(null, creation, now, limits);
        copy = RoomRecord.apply(null, creation, now + COPY_TICKS, limits);
        catchUpLaggard();
        handedOut.add(owner.head());
    }

    private RoomRecord.Moment moment() {
        return new RoomRecord.Moment(node, 1, now, now, random);
    }

    void pass(long millis) {
        now += millis;
    }

    void changeOwner() {
        node = new UUID(0, ++nodes);
    }

    void catchUpLaggard() {
        laggard = read(bytes(copy, now), now);
        laggardMissed = false;
    }

    void sweep() {
        byte[] before = bytes(owner, now);
        Optional<RoomChange> change = owner.planSweep(moment(), limits);
        assertThat(bytes(owner, now)).isEqualTo(before);
        change.ifPresent(due -> {
            due.forgotten().forEach(session -> {
                assertThat(now - sessions.get(session).usedAt).isGreaterThan(limits.forgetMs());
                sessions.remove(session);
            });
            apply(due);
        });
        history.subList((int) owner.oldestRetained() - 1, history.size()).stream()
                .limit(1)
                .forEach(oldest -> assertThat(now - oldest.timeMs()).isLessThanOrEqualTo(limits.ageMs()));
    }

    void append(List<DraftStep> steps) {
        List<Draft> batch = steps.stream().map(this::draft).toList();
        byte[] before = bytes(owner, now);
        RoomRecord.Plan plan = RoomRecord.plan(owner, batch, moment(), limits);
        assertThat(bytes(owner, now)).isEqualTo(before);
        assertThat(plan.before()).isEqualTo(owner.head());
        plan.change().forgotten().forEach(session -> {
            assertThat(now - sessions.get(session).usedAt).isGreaterThan(limits.forgetMs());
            sessions.remove(session);
        });
        for (int i = 0; i < batch.size(); i++) {
            check(batch.get(i), plan.outcomes().get(i), plan.change());
        }
        apply(plan.change());
        assertThat(owner.head().offset()).isEqualTo(history.size());
        handedOut.add(owner.head());
        assertBounds();
    }

    private Draft draft(DraftStep step) {
        SessionId session = new SessionId("session-" + step.session());
        Numbers numbers = sessions.get(session);
        long number = Math.max(1, (numbers == null ? 0 : numbers.last) + 1 + step.ahead());
        long first = step.back() == 0 ? 0 : Math.max(1, number + 1 - step.back());
        return new Draft(
                session,
                new PublisherId("p" + step.session()),
                null,
                number,
                first,
                step.isSkip() ? null : Payload.ofJson("1".repeat(step.size())),
                null);
    }

    private void check(Draft draft, DraftOutcome outcome, RoomChange change) {
        Numbers numbers = sessions.get(draft.session());
        boolean isOverdue = numbers != null && now - numbers.usedAt > limits.forgetMs();
        long last = numbers == null ? 0 : numbers.last;
        long expected = Math.max(last, draft.first() - 1) + 1;
        if (outcome instanceof DraftOutcome.Applied applied) {
            assertThat(draft.number()).isEqualTo(expected);
            take(draft, applied.position(), change);
        } else if (outcome instanceof DraftOutcome.Duplicate duplicate) {
            assertThat(draft.number()).isLessThan(expected);
            checkRepeat(isOverdue ? null : numbers, draft.number(), duplicate.position());
        } else if (outcome instanceof DraftOutcome.OutOfOrder outOfOrder) {
            if (!isOverdue) {
                assertThat(outOfOrder.expected()).isEqualTo(expected);
            }
            assertThat(draft.number()).isGreaterThan(outOfOrder.expected());
        } else {
            assertThat(isTight).isTrue();
            assertThat(outcome).isEqualTo(new DraftOutcome.PublisherLimit());
        }
    }

    private void checkRepeat(Numbers numbers, long number, Position told) {
        Position went = numbers == null ? null : numbers.went.get(number);
        boolean isRemembered =
                numbers != null && number > numbers.last - limits.inflight() && number >= numbers.settled;
        if (isRemembered || (told != null && numbers != null)) {
            assertThat(told).isEqualTo(went);
        }
    }

    private void take(Draft draft, Position position, RoomChange change) {
        Numbers numbers = sessions.computeIfAbsent(draft.session(), session -> new Numbers());
        assertThat(numbers.went).doesNotContainKey(draft.number());
        numbers.went.put(draft.number(), position);
        numbers.last = draft.number();
        numbers.settled = Math.max(numbers.settled, draft.first());
        numbers.usedAt = now;
        if (draft.isSkip()) {
            assertThat(position).isNull();
        } else {
            assertThat(position).isEqualTo(new Position(change.term(), history.size() + 1L));
            history.add(new Publication(
                    position.offset(),
                    change.term(),
                    change.timeMs(),
                    draft.data(),
                    draft.key(),
                    draft.user(),
                    draft.publisher(),
                    draft.number()));
            handedOut.add(position);
        }
    }

    private void apply(RoomChange change) {
        RoomChange carried = carried(change);
        assertThat(carried).isEqualTo(change);
        RoomRecord.apply(owner, change, now, limits);
        RoomRecord.apply(copy, carried, now + COPY_TICKS, limits);
        assertThat(bytes(copy, now + COPY_TICKS)).isEqualTo(bytes(owner, now));
        if (change.isCompareOnly()) {
            return;
        }
        if (laggardMissed) {
            byte[] before = bytes(laggard, now);
            assertThat(change.matches(laggard)).isFalse();
            assertThatThrownBy(() -> RoomRecord.apply(laggard, change, now, limits))
                    .isInstanceOf(IllegalStateException.class);
            assertThat(bytes(laggard, now)).isEqualTo(before);
        }
        laggardMissed = true;
    }

    private void assertBounds() {
        assertThat(owner.retained().size()).isLessThanOrEqualTo(limits.publications());
        assertThat(owner.retainedBytes())
                .isLessThanOrEqualTo(limits.bytes())
                .isEqualTo(
                        owner.retained().stream().mapToLong(Publication::weight).sum());
        assertThat(owner.publishers().size()).isLessThanOrEqualTo(limits.publishers());
        assertThat(owner.publisherBytes())
                .isLessThanOrEqualTo(2 * limits.publisherBytes())
                .isEqualTo(owner.publishers().entrySet().stream()
                        .mapToInt(entry -> entry.getValue().weight()
                                + entry.getKey().value().length())
                        .sum());
        assertThat(List.copyOf(owner.retained()))
                .isEqualTo(history.subList((int) owner.oldestRetained() - 1, history.size()));
    }

    /** Appends to a fork that dies, as when an owner was lost before its copies knew; another owner goes on without it. */
    void dieWith(List<DraftStep> steps, boolean underNewOwner) {
        byte[] before = bytes(owner, now);
        List<Publication> historyBefore = new ArrayList<>(history);
        Map<SessionId, Numbers> sessionsBefore = new HashMap<>();
        sessions.forEach((session, numbers) -> sessionsBefore.put(session, numbers.copy()));
        int handedOutBefore = handedOut.size();
        if (underNewOwner) {
            changeOwner();
        }
        append(steps);
        List<Position> onlyThere = handedOut.subList(handedOutBefore, handedOut.size());
        dead.addAll(onlyThere);
        onlyThere.clear();
        dead.removeAll(handedOut);
        history = historyBefore;
        sessions = sessionsBefore;
        owner = read(before, now);
        copy = read(before, now + COPY_TICKS);
        catchUpLaggard();
        changeOwner();
    }

    /** Resumes wherever anybody may stand. */
    void assertResumes() {
        long oldest = 1;
        for (Publication publication : history) {
            boolean isOffered =
                    publication.offset() >= owner.oldestRetained() && now - publication.timeMs() <= limits.ageMs();
            if (isOffered) {
                break;
            }
            oldest = publication.offset() + 1;
        }
        for (Position position : handedOut) {
            assertResumesInHistory(position, oldest);
        }
        for (Position position : dead) {
            assertNeverMistaken(position);
        }
        assertCaps(oldest);
    }

    /** Replays at most so much, of whatever would follow otherwise, and tells what is left out. */
    private void assertCaps(long oldest) {
        List<Position> all = new ArrayList<>(handedOut);
        all.addAll(dead);
        all.add(Position.START);
        for (int publications : new int[] {1, 3, 20}) {
            for (int bytes : new int[] {1, 150, 10_000}) {
                ReplayCap cap = new ReplayCap(publications, bytes);
                all.forEach(position -> assertCapped(position, cap, oldest));
                JoinQuery newest = new JoinQuery(null, 5, cap);
                JoinedResult.Live live = (JoinedResult.Live) owner.start(newest, now, limits);
                assertThat(live.position().offset())
                        .isEqualTo(Math.max(Math.max(history.size() - 5, oldest - 1), cappedStart(cap)));
            }
        }
    }

    private void assertCapped(Position position, ReplayCap cap, long oldest) {
        JoinedResult free = owner.start(new JoinQuery(position, 0), now, limits);
        JoinedResult capped = owner.start(new JoinQuery(position, 0, cap), now, limits);
        long start = Room.startOf(free).offset();
        long cappedStart = cappedStart(cap);
        if (start >= cappedStart) {
            assertThat(capped).isEqualTo(free);
            return;
        }
        long common = free instanceof JoinedResult.Gapped gapped && gapped.gap().from() > 0
                ? gapped.gap().from() - 1
                : start;
        boolean isDead =
                free instanceof JoinedResult.Gapped gapped && gapped.gap().reason() == GapReason.EPOCH;
        Position goOn = history.get((int) cappedStart - 1).position();
        assertThat(capped)
                .isEqualTo(new JoinedResult.Gapped(
                        goOn, new GapRange(isDead ? GapReason.EPOCH : GapReason.LIMIT, common + 1, cappedStart)));
        assertThat(cappedStart).isGreaterThanOrEqualTo(oldest - 1);
    }

    /** The longest end of the history that is allowed; the newest publication always is. */
    private long cappedStart(ReplayCap cap) {
        long start = Math.max(0, history.size() - 1);
        while (start > owner.oldestRetained() - 1) {
            List<Publication> longer = history.subList((int) start - 1, history.size());
            boolean isAllowed = longer.size() <= cap.publications()
                    && longer.stream().mapToInt(Publication::weight).sum() <= cap.bytes();
            if (!isAllowed) {
                break;
            }
            start--;
        }
        return start;
    }

    private void assertResumesInHistory(Position position, long oldest) {
        JoinedResult start = owner.start(new JoinQuery(position, 0), now, limits);
        if (position.offset() >= oldest - 1) {
            assertThat(start).isEqualTo(new JoinedResult.Resumed(position));
            assertThat(owner.between(position, owner.head(), Integer.MAX_VALUE, false))
                    .hasValue(history.subList((int) position.offset(), history.size()));
            assertThat(owner.between(position, owner.head(), Integer.MAX_VALUE, true))
                    .hasValue(newestPerKey(history.subList((int) position.offset(), history.size())));
        } else {
            JoinedResult.Gapped gapped = (JoinedResult.Gapped) start;
            assertThat(gapped.gap()).isEqualTo(new GapRange(GapReason.RETENTION, position.offset() + 1, oldest - 1));
            assertThat(gapped.position().offset()).isEqualTo(oldest - 1);
            assertThat(owner.start(new JoinQuery(gapped.position(), 0), now, limits))
                    .isEqualTo(new JoinedResult.Resumed(gapped.position()));
        }
        HistoryView page = owner.page(position, 3, Integer.MAX_VALUE, now, limits);
        int from = (int) Math.max(position.offset(), oldest - 1);
        assertThat(page.publications()).isEqualTo(history.subList(from, Math.min(from + 3, history.size())));
        assertThat(page.more()).isEqualTo(from + 3 < history.size());
    }

    private static List<Publication> newestPerKey(List<Publication> all) {
        return all.stream()
                .filter(one -> one.key() == null
                        || all.stream()
                                .noneMatch(other -> other.offset() > one.offset()
                                        && one.key().equals(other.key())))
                .toList();
    }

    private void assertNeverMistaken(Position position) {
        JoinedResult start = owner.start(new JoinQuery(position, 0), now, limits);
        assertThat(start).isInstanceOf(JoinedResult.Gapped.class);
        GapRange gap = ((JoinedResult.Gapped) start).gap();
        assertThat(gap.reason()).isEqualTo(GapReason.EPOCH);
        assertThat(owner.between(position, owner.head(), Integer.MAX_VALUE, false))
                .isEmpty();
        assertThat(owner.between(handedOut.get(0), position, Integer.MAX_VALUE, false))
                .isEmpty();
    }

    private static byte[] bytes(RoomRecord record, long tick) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            RoomBinary.write(new DataOutputStream(bytes), record, tick);
        } catch (IOException cannotHappen) {
            throw new UncheckedIOException(cannotHappen);
        }
        return bytes.toByteArray();
    }

    private static RoomRecord read(byte[] bytes, long tick) {
        try {
            return RoomBinary.readRecord(new DataInputStream(new ByteArrayInputStream(bytes)), tick);
        } catch (IOException notARecord) {
            throw new UncheckedIOException(notARecord);
        }
    }

    private static RoomChange carried(RoomChange change) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            RoomBinary.write(new DataOutputStream(bytes), change);
            return RoomBinary.readChange(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray())));
        } catch (IOException notAChange) {
            throw new UncheckedIOException(notAChange);
        }
    }
}
