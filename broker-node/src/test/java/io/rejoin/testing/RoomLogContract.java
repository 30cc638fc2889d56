package io.rejoin.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.room.AppendResult;
import io.rejoin.room.Draft;
import io.rejoin.room.DraftOutcome;
import io.rejoin.room.HistoryView;
import io.rejoin.room.JoinQuery;
import io.rejoin.room.JoinView;
import io.rejoin.room.LogLimits;
import io.rejoin.room.Publication;
import io.rejoin.room.RoomLog;
import io.rejoin.value.Epoch;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The laws of {@link RoomLog}; every implementation inherits these tests and runs them unchanged. */
public abstract class RoomLogContract extends LogTest {

    /** Bounds that implementations under test are made with. */
    public static final LogLimits LIMITS =
            new LogLimits(50, 1 << 20, 3_600_000, 8, 64 << 10, 16, 240_000, 10_000, 600_000);

    private static final NodeId NODE = new NodeId(UUID.fromString("00000000-0000-0000-0000-000000000001"));

    private final RoomId room = new RoomId("room-" + UUID.randomUUID());

    /** The implementation under test. */
    protected abstract RoomLog log();

    private AppendResult.Settled append(Draft... batch) {
        AppendResult result = await(log().append(room, List.of(batch)));
        assertThat(result).isInstanceOf(AppendResult.Settled.class);
        return (AppendResult.Settled) result;
    }

    private Position appendOne(String session, long number, String json) {
        DraftOutcome outcome =
                append(draft(session, number, 0, json)).outcomes().get(0);
        return ((DraftOutcome.Applied) outcome).position();
    }

    private JoinedResult start(@Nullable Position after, int newest) {
        return await(log().join(room, NODE, List.of(new JoinQuery(after, newest))))
                .starts()
                .get(0);
    }

    private static List<String> values(List<Publication> publications) {
        return publications.stream()
                .map(publication -> new String(publication.data().json(), StandardCharsets.UTF_8))
                .toList();
    }

    @Test
    void assignsOffsetsWithoutHolesFromOne() {
        Position first = appendOne("s1", 1, "1");
        Position second = appendOne("s1", 2, "2");
        Position third = appendOne("s2", 1, "3");

        assertThat(List.of(first.offset(), second.offset(), third.offset())).containsExactly(1L, 2L, 3L);
        assertThat(List.of(second.epoch(), third.epoch())).containsOnly(first.epoch());
    }

    @Test
    void settlesABatchInOrder() {
        AppendResult.Settled settled = append(draft("s1", 1, 0, "1"), draft("s2", 1, 0, "2"), draft("s1", 2, 0, "3"));

        assertThat(settled.before().offset()).isZero();
        assertThat(settled.outcomes())
                .extracting(
                        outcome -> ((DraftOutcome.Applied) outcome).position().offset())
                .containsExactly(1L, 2L, 3L);
        assertThat(values(await(log().history(room, null, 10)).publications())).containsExactly("1", "2", "3");
    }

    @Test
    void answersARepeatedNumberWithTheSamePosition() {
        Position first = appendOne("s1", 1, "\"a\"");

        DraftOutcome again = append(draft("s1", 1, 0, "\"a\"")).outcomes().get(0);

        assertThat(again).isEqualTo(new DraftOutcome.Duplicate(first));
        assertThat(await(log().history(room, null, 10)).publications()).hasSize(1);
    }

    @Test
    void answersARepeatWithinOneBatchWithTheSamePosition() {
        AppendResult.Settled settled = append(draft("s1", 1, 0, "1"), draft("s1", 1, 0, "1"));

        Position position = ((DraftOutcome.Applied) settled.outcomes().get(0)).position();
        assertThat(settled.outcomes().get(1)).isEqualTo(new DraftOutcome.Duplicate(position));
    }

    @Test
    void refusesANumberAboveTheNext() {
        appendOne("s1", 1, "1");

        DraftOutcome refused = append(draft("s1", 3, 0, "3")).outcomes().get(0);

        assertThat(refused).isEqualTo(new DraftOutcome.OutOfOrder(2));
        assertThat(await(log().history(room, null, 10)).publications()).hasSize(1);
    }

    @Test
    void neverAppliesWhatIsPipelinedBehindARefusedNumber() {
        AppendResult.Settled settled = append(draft("s1", 1, 1, "1"), draft("s1", 3, 1, "3"), draft("s1", 4, 1, "4"));

        assertThat(settled.outcomes().subList(1, 3)).containsOnly(new DraftOutcome.OutOfOrder(2));
        assertThat(values(await(log().history(room, null, 10)).publications())).containsExactly("1");
    }

    @Test
    void takesTheNumberThatTheClientCallsFirst() {
        DraftOutcome outcome = append(draft("s1", 7, 7, "7")).outcomes().get(0);

        assertThat(outcome).isInstanceOf(DraftOutcome.Applied.class);
    }

    @Test
    void refusesANumberAboveWhatTheClientCallsFirst() {
        assertThat(append(draft("s1", 8, 7, "8")).outcomes()).containsExactly(new DraftOutcome.OutOfOrder(7));
    }

    @Test
    void usesASkippedNumberUpWithoutAPublication() {
        appendOne("s1", 1, "1");

        DraftOutcome skipped = append(skip("s1", 2, 2)).outcomes().get(0);
        DraftOutcome late = append(draft("s1", 2, 2, "2")).outcomes().get(0);
        Position next = appendOne("s1", 3, "3");

        assertThat(skipped).isEqualTo(new DraftOutcome.Applied(null));
        assertThat(late).isEqualTo(new DraftOutcome.Duplicate(null));
        assertThat(next.offset()).isEqualTo(2);
    }

    @Test
    void tellsThePositionOfANumberThatIsSkippedTooLate() {
        Position applied = appendOne("s1", 1, "1");

        assertThat(append(skip("s1", 1, 1)).outcomes()).containsExactly(new DraftOutcome.Duplicate(applied));
    }

    @Test
    void forgetsWhereNumbersOlderThanTheInflightLimitWent() {
        for (int number = 1; number <= LIMITS.inflight() + 1; number++) {
            append(draft("s1", number, 0, "1"), draft("s2", number, 0, "2"));
        }

        assertThat(append(draft("s1", 1, 0, "1")).outcomes()).containsExactly(new DraftOutcome.Duplicate(null));
        assertThat(append(draft("s1", 2, 0, "1")).outcomes())
                .extracting(
                        outcome -> ((DraftOutcome.Duplicate) outcome).position().offset())
                .containsExactly(3L);
    }

    @Test
    void refusesOnePublisherTooMany() {
        for (int session = 1; session <= LIMITS.publishers(); session++) {
            appendOne("s" + session, 1, "1");
        }

        assertThat(append(draft("one-more", 1, 0, "1")).outcomes()).containsExactly(new DraftOutcome.PublisherLimit());
        assertThat(append(draft("s1", 2, 0, "2")).outcomes().get(0)).isInstanceOf(DraftOutcome.Applied.class);
    }

    @Test
    void trimsByCount() {
        for (int number = 1; number <= LIMITS.publications() + 5; number++) {
            appendOne("s1", number, Integer.toString(number));
        }

        HistoryView page = await(log().history(room, Position.START, 1_000));

        assertThat(page.publications()).hasSize(LIMITS.publications());
        assertThat(page.gap()).isEqualTo(new GapRange(GapReason.RETENTION, 1, 5));
        assertThat(page.more()).isFalse();
    }

    @Test
    void namesInterestedNodesInEveryAppendAfterTheirJoin() {
        start(null, 0);

        assertThat(append(draft("s1", 1, 0, "1")).interested()).containsExactly(NODE);
        await(log().withdraw(room, NODE));
        assertThat(append(draft("s1", 2, 0, "2")).interested()).isEmpty();
    }

    @Test
    void givesAnEmptyRoomAnEpoch() {
        JoinView view =
                await(log().join(room, NODE, List.of(new JoinQuery(null, 0), new JoinQuery(Position.START, 0))));

        assertThat(view.head().offset()).isZero();
        assertThat(view.head().epoch().isMinted()).isTrue();
        assertThat(view.starts())
                .containsExactly(new JoinedResult.Live(view.head()), new JoinedResult.Resumed(view.head()));
        assertThat(start(view.head(), 0)).isEqualTo(new JoinedResult.Resumed(view.head()));
    }

    @Test
    void resumesExactlyAtEveryRetainedPosition() {
        Position first = appendOne("s1", 1, "1");
        Position second = appendOne("s1", 2, "2");

        assertThat(start(first, 0)).isEqualTo(new JoinedResult.Resumed(first));
        assertThat(start(second, 0)).isEqualTo(new JoinedResult.Resumed(second));
        assertThat(await(log().fill(room, first, second, 1 << 20, false)))
                .hasValueSatisfying(found -> assertThat(values(found)).containsExactly("2"));
    }

    @Test
    void tellsAGapOfRetentionExactly() {
        Position first = appendOne("s1", 1, "1");
        for (int number = 2; number <= LIMITS.publications() + 5; number++) {
            appendOne("s1", number, "1");
        }

        JoinedResult.Gapped gapped = (JoinedResult.Gapped) start(first, 0);

        assertThat(gapped.gap()).isEqualTo(new GapRange(GapReason.RETENTION, 2, 5));
        assertThat(gapped.position()).isEqualTo(new Position(first.epoch(), 5));
    }

    @Test
    void tellsAGapOfEpochForAForeignOne() {
        Position only = appendOne("s1", 1, "1");

        JoinedResult.Gapped gapped = (JoinedResult.Gapped) start(new Position(new Epoch(12345), 1), 0);

        assertThat(gapped.gap()).isEqualTo(new GapRange(GapReason.EPOCH, 0, 0));
        assertThat(gapped.position()).isEqualTo(new Position(only.epoch(), 0));
    }

    @Test
    void tellsAGapOfEpochBeyondTheHead() {
        Position only = appendOne("s1", 1, "1");

        JoinedResult.Gapped gapped = (JoinedResult.Gapped) start(new Position(only.epoch(), 9), 0);

        assertThat(gapped.gap()).isEqualTo(new GapRange(GapReason.EPOCH, 0, 0));
        assertThat(gapped.position()).isEqualTo(only);
    }

    @Test
    void startsAsFarBeforeTheHeadAsAskedAndRetained() {
        for (int number = 1; number <= 4; number++) {
            appendOne("s1", number, "1");
        }

        assertThat(((JoinedResult.Live) start(null, 3)).position().offset()).isEqualTo(1);
        assertThat(((JoinedResult.Live) start(null, 100)).position().offset()).isZero();
    }

    @Test
    void pagesThroughHistory() {
        for (int number = 1; number <= 5; number++) {
            appendOne("s1", number, Integer.toString(number));
        }

        HistoryView newest = await(log().history(room, null, 2));
        HistoryView first = await(log().history(room, Position.START, 2));
        HistoryView second = await(log().history(room, first.position(), 2));
        HistoryView last = await(log().history(room, second.position(), 2));

        assertThat(values(newest.publications())).containsExactly("4", "5");
        assertThat(newest.more()).isFalse();
        assertThat(values(first.publications())).containsExactly("1", "2");
        assertThat(first.more()).isTrue();
        assertThat(values(second.publications())).containsExactly("3", "4");
        assertThat(values(last.publications())).containsExactly("5");
        assertThat(last.more()).isFalse();
    }

    @Test
    void fillsNothingBetweenPointsItDoesNotHold() {
        Position first = appendOne("s1", 1, "1");
        Position second = appendOne("s1", 2, "2");

        assertThat(await(log().fill(room, new Position(new Epoch(77), 1), second, 1_000, false)))
                .isEqualTo(Optional.empty());
        assertThat(await(log().fill(room, first, new Position(first.epoch(), 3), 1_000, false)))
                .isEqualTo(Optional.empty());
    }

    @Test
    void fillsNoMoreBytesThanAskedButAlwaysOne() {
        Position before = new Position(appendOne("s1", 1, "1").epoch(), 0);
        appendOne("s1", 2, "2");
        Position last = appendOne("s1", 3, "3");

        assertThat(await(log().fill(room, before, last, 1, false)))
                .hasValueSatisfying(found -> assertThat(values(found)).containsExactly("1"));
    }

    @Test
    void tellsTheHeadsOfRenewedRooms() {
        Position head = appendOne("s1", 1, "1");
        RoomId empty = new RoomId("empty-" + UUID.randomUUID());
        ConcurrentHashMap<RoomId, Position> heads = new ConcurrentHashMap<>();

        log().renew(List.of(room, empty), NODE, heads::put);
        Await.until(() -> heads.size() == 2, () -> "heads=" + heads);

        assertThat(heads.get(room)).isEqualTo(head);
        assertThat(heads.get(empty)).isEqualTo(Position.START);
        assertThat(await(log().interested(room))).containsExactly(NODE);
    }

    @Test
    void keepsConcurrentBatchesOfOneSessionInOrder() {
        List<Future<AppendResult>> all = new ArrayList<>(IntStream.rangeClosed(1, 20)
                .mapToObj(number -> log().append(room, List.of(draft("s1", number, 0, Integer.toString(number)))))
                .toList());

        all.forEach(RoomLogContract::await);

        assertThat(values(await(log().history(room, null, 100)).publications()))
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 20).mapToObj(Integer::toString).toList());
    }
}
