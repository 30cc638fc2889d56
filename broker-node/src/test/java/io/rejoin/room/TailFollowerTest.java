package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.JsonFrameCodec;
import io.rejoin.protocol.Payload;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.testing.InMemoryRoomLog;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.ScriptedRoomLog;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TailFollowerTest {

    private static final RoomId ROOM = new RoomId("lobby");
    private static final NodeId NODE = new NodeId(new UUID(0, 1));
    private static final Duration WHILE = Duration.ofSeconds(2);

    private final ManualScheduler scheduler = new ManualScheduler();
    private final ManualScheduler.Loop loop = scheduler.newLoop();
    private final InMemoryRoomLog log = new InMemoryRoomLog(RoomWorld.LIMITS, scheduler::millis);
    private final ScriptedRoomLog scripted = new ScriptedRoomLog(log, scheduler);
    private final List<String> replaced = new ArrayList<>();
    private final TailFollower follower = new TailFollower(
            ROOM,
            NODE,
            scripted,
            loop,
            RoomWorld.CONFIG,
            RoomMetrics.NONE,
            new PublicationEncoder(new JsonFrameCodec(), scheduler),
            new TailFollower.Listener() {
                @Override
                public void onAdvanced() {}

                @Override
                public void onReplaced(long generation, long common, JoinedResult.Gapped gap) {
                    replaced.add(
                            "common " + common + ", on from " + gap.position().offset());
                }
            });
    private long number;

    /** Appends publications and gives the batch that is relayed. */
    private RelayBatch append(int count) {
        List<Draft> drafts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            number++;
            drafts.add(RoomWorld.draft("s", number, number));
        }
        AppendResult.Settled settled =
                (AppendResult.Settled) log.append(ROOM, drafts).result();
        List<Publication> publications = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Position position = ((DraftOutcome.Applied) settled.outcomes().get(i)).position();
            publications.add(new Publication(
                    position.offset(), position.epoch(), 1, Payload.ofJson("1"), null, null, null, number));
        }
        return new RelayBatch(ROOM, settled.before(), publications);
    }

    private Position head() {
        return log.join(ROOM, NODE, List.of()).result().head();
    }

    private void open() {
        follower.onHead(head());
    }

    @Test
    void takesRelayedBatchesWithoutAskingTheLog() {
        open();
        scripted.hold();

        follower.onBatch(append(2));
        follower.onBatch(append(1));

        assertThat(follower.tail().head()).isEqualTo(head());
        assertThat(scripted.waiting()).isEmpty();
    }

    @Test
    void dropsARepeatedBatch() {
        open();
        RelayBatch batch = append(2);
        scripted.hold();

        follower.onBatch(batch);
        follower.onBatch(batch);

        assertThat(follower.tail().head()).isEqualTo(batch.last());
        assertThat(scripted.waiting()).isEmpty();
    }

    @Test
    void putsOvertakenBatchesInOrder() {
        open();
        RelayBatch first = append(1);
        RelayBatch second = append(2);
        scripted.hold();

        follower.onBatch(second);
        follower.onBatch(first);

        assertThat(follower.tail().head()).isEqualTo(second.last());
        assertThat(scripted.waiting()).isEmpty();
    }

    @Test
    void readsALostBatchFromTheLog() {
        open();
        append(3);

        follower.onBatch(append(1));
        scheduler.advance(RoomWorld.CONFIG.earlyWait());

        assertThat(follower.tail().head()).isEqualTo(head());
        assertThat(follower.isSettled()).isTrue();
    }

    @Test
    void keepsNoMoreEarlyBatchesThanItsBound() {
        open();
        append(1);

        for (int i = 0; i < 100; i++) {
            follower.onBatch(append(1));
        }

        assertThat(follower.earlyBytes()).isPositive().isLessThanOrEqualTo(RoomWorld.CONFIG.earlyBytes());
        scheduler.advance(WHILE);
        assertThat(follower.tail().head()).isEqualTo(head());
        assertThat(follower.earlyBytes()).isZero();
    }

    @Test
    void takesBatchesThatCameBeforeItWasOpen() {
        Position opened = head();
        RelayBatch batch = append(2);
        follower.onBatch(batch);

        follower.onHead(opened);

        assertThat(follower.tail().head()).isEqualTo(batch.last());
    }

    @Test
    void readsWhatItCouldNotKeepBeforeItWasOpen() {
        Position opened = head();
        for (int i = 0; i < 50; i++) {
            follower.onBatch(append(1));
        }

        follower.onHead(opened);
        scheduler.advance(WHILE);

        assertThat(follower.tail().head()).isEqualTo(head());
        assertThat(follower.isSettled()).isTrue();
    }

    @Test
    void triesAgainWhenTheLogDoesNotAnswer() {
        open();
        append(2);
        scripted.follow(ScriptedRoomLog.Call::fail);
        follower.onDoorbell(head());
        scheduler.advance(WHILE);

        scripted.answerAtOnce();
        scheduler.advance(WHILE);

        assertThat(follower.tail().head()).isEqualTo(head());
    }

    @Test
    void notesALostRoomWhoseNewHeadLiesBeforeItsReach() {
        open();
        follower.onBatch(append(20));
        log.lose(ROOM);
        append(1);

        follower.onHint(head());
        scheduler.advance(WHILE);

        assertThat(replaced).containsExactly("common 0, on from 0");
        assertThat(follower.tail().head()).isEqualTo(head());
    }

    @Test
    void notesALostRoomByABatchBeforeItsReach() {
        open();
        follower.onBatch(append(20));
        log.lose(ROOM);
        log.changeOwner();

        follower.onBatch(append(1));
        scheduler.advance(WHILE);

        assertThat(replaced).containsExactly("common 0, on from 0");
        assertThat(follower.tail().head()).isEqualTo(head());
    }

    @Test
    void goesBackToTheLastCommonPointOfALogThatLostItsEnd() {
        open();
        follower.onBatch(append(3));
        byte[] copy = log.snapshot(ROOM);
        follower.onBatch(append(2));
        log.restore(ROOM, copy);
        append(1);

        follower.onHint(head());
        scheduler.advance(WHILE);

        assertThat(replaced).containsExactly("common 3, on from 3");
        assertThat(follower.tail().head()).isEqualTo(head());
    }

    @Test
    void refusesALateAnswerOfAHistoryThatItHasLeft() {
        open();
        follower.onBatch(append(2));
        byte[] copy = log.snapshot(ROOM);
        append(3);
        scripted.hold();
        follower.onDoorbell(head());
        scripted.only().perform();
        log.restore(ROOM, copy);

        follower.onBatch(append(1));
        Position taken = follower.tail().head();
        scripted.only().answer();

        assertThat(taken).isEqualTo(head());
        assertThat(follower.tail().head()).isEqualTo(taken);
        scripted.answerAtOnce();
        scripted.only().performAndAnswer();
        scheduler.advance(WHILE);
        assertThat(replaced).isEmpty();
        assertThat(follower.isSettled()).isTrue();
    }

    @Test
    void forgetsEarlyBatchesOfALogThatWasLost() {
        open();
        append(5);
        RelayBatch early = append(1);
        log.lose(ROOM);
        follower.onBatch(early);
        scheduler.advance(WHILE);

        scripted.hold();
        scheduler.advance(WHILE);

        assertThat(scripted.waiting()).isEmpty();
        assertThat(follower.earlyBytes()).isZero();
    }

    @Test
    void hasNotReachedAHeadOfAnotherHistory() {
        open();
        follower.onBatch(append(2));
        byte[] copy = log.snapshot(ROOM);
        RelayBatch lost = append(1);
        log.restore(ROOM, copy);

        follower.onBatch(append(2));

        assertThat(follower.tail().head().offset()).isGreaterThan(lost.last().offset());
        assertThat(follower.hasReached(lost.last())).isFalse();
        assertThat(follower.hasReached(follower.tail().head())).isTrue();
    }

    @Test
    void asksNothingWhenABarrierShowsWhatItKnows() {
        open();
        follower.onBatch(append(1));
        scripted.hold();

        follower.onHead(head());
        follower.onHint(head());
        follower.onDoorbell(head());

        assertThat(scripted.waiting()).isEmpty();
    }

    @Test
    void jumpsOverWhatIsNoLongerRetained() {
        open();
        append(3);
        for (int i = 0; i < 40; i++) {
            append(1);
        }

        follower.onDoorbell(head());
        scheduler.advance(WHILE);

        assertThat(follower.tail().head()).isEqualTo(head());
        assertThat(replaced).isEmpty();
    }
}
