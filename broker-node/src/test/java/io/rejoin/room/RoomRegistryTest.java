package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.flow.NodeBudgets;
import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.ErrorCode;
import io.rejoin.protocol.FrameCodec;
import io.rejoin.protocol.FrameSink;
import io.rejoin.protocol.JsonFrameCodec;
import io.rejoin.protocol.Payload;
import io.rejoin.protocol.ServerFrame;
import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GapReason;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.RecordingMember;
import io.rejoin.testing.ScriptedRoomLog;
import io.rejoin.testing.Spec;
import io.rejoin.value.Position;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RoomRegistryTest {

    private static final Duration MOMENT = Duration.ofMillis(200);
    private static final Duration WHILE = Duration.ofSeconds(3);
    private static final JoinQuery FROM_NOW_ON = new JoinQuery(null, 0);

    private final RoomWorld world = new RoomWorld();
    private final RoomWorld.Node node = world.addNode(1);
    private final ManualScheduler.Loop loop = node.loops.get(0);
    private final List<Membership> memberships = new ArrayList<>();
    private final List<JoinedResult> starts = new ArrayList<>();
    private long number;

    private RecordingMember join(RoomWorld.Node at, JoinQuery query) {
        RecordingMember member = new RecordingMember();
        at.rooms.join(RoomWorld.ROOM, query, false, member, at.loops.get(0), (result, membership) -> {
            starts.add(result);
            if (membership != null) {
                memberships.add(membership);
                membership.start();
            }
        });
        return member;
    }

    private RecordingMember joined(JoinQuery query) {
        RecordingMember member = join(node, query);
        world.scheduler.advance(MOMENT);
        return member;
    }

    private void publish(int count) {
        for (int i = 0; i < count; i++) {
            number++;
            assertThat(node.rooms
                            .publish(RoomWorld.ROOM, RoomWorld.draft("s", number, number), loop)
                            .failed())
                    .isFalse();
        }
        world.scheduler.advance(MOMENT);
    }

    /** Lets the log take publications that no node hears of. */
    private void publishUnheard(int count) {
        for (int i = 0; i < count; i++) {
            number++;
            world.append(RoomWorld.draft("s", number, number));
        }
    }

    private static List<String> offsets(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(Integer::toString).toList();
    }

    @Spec({"RM-2", "RM-7"})
    @Test
    void deliversInOrderWhatIsPublishedAfterAJoin() {
        publish(2);
        RecordingMember member = joined(FROM_NOW_ON);

        publish(6);

        assertThat(member.story()).isEqualTo(offsets(3, 8));
    }

    @Spec("RM-4")
    @Test
    void deliversTheNewestFirstWhenHistoryIsAskedFor() {
        publish(5);

        RecordingMember member = joined(new JoinQuery(null, 2));

        assertThat(member.story()).isEqualTo(offsets(4, 5));
    }

    @Spec({"RM-3", "SE-3"})
    @Test
    void resumesAtAnotherNodeExactly() {
        joined(FROM_NOW_ON);
        publish(6);
        Position position = world.history().get(3L);
        RoomWorld.Node other = world.addNode(1);

        RecordingMember resumed = join(other, new JoinQuery(position, 0));
        world.scheduler.advance(MOMENT);

        assertThat(starts.get(1)).isEqualTo(new JoinedResult.Resumed(position));
        assertThat(resumed.story()).isEqualTo(offsets(4, 6));
    }

    @Spec({"RM-8", "RM-9"})
    @Test
    void carriesTheNewEpochWhenTheLogGoesOnUnderAnotherOwner() {
        RecordingMember member = joined(FROM_NOW_ON);
        publish(1);
        world.log.changeOwner();

        publish(2);

        assertThat(member.story()).isEqualTo(offsets(1, 3));
        assertThat(member.frames().get(0)).doesNotContainKey("epoch");
        assertThat(member.frames().get(1)).containsKey("epoch");
        assertThat(member.frames().get(2)).doesNotContainKey("epoch");
    }

    @Spec({"RM-12", "RM-13"})
    @Test
    void tellsAMemberThatFellBehindTheLogWhatItMisses() {
        RecordingMember member = joined(FROM_NOW_ON);
        publish(1);
        member.roomFor(-1);

        publish(30);
        member.roomFor(Integer.MAX_VALUE);
        loop.execute(memberships.get(0)::onWritable);
        world.scheduler.advance(MOMENT);

        assertThat(member.story().subList(0, 3)).containsExactly("1", "gap retention 2..7 to 7", "8");
        assertThat(member.story()).endsWith("31");
    }

    @Spec("RM-22")
    @Test
    void replaysOnlyTheNewestPartToAMemberWithACapAlthoughTheTailHoldsMore() {
        joined(FROM_NOW_ON);
        publish(6);

        RecordingMember capped = joined(new JoinQuery(world.history().get(1L), 0, new ReplayCap(2, 1 << 20)));
        RecordingMember within = joined(new JoinQuery(world.history().get(4L), 0, new ReplayCap(2, 1 << 20)));

        assertThat(starts.get(1))
                .isEqualTo(new JoinedResult.Gapped(world.history().get(4L), new GapRange(GapReason.LIMIT, 2, 4)));
        assertThat(capped.story()).containsExactly("5", "6");
        assertThat(starts.get(2))
                .isEqualTo(new JoinedResult.Resumed(world.history().get(4L)));
        assertThat(within.story()).containsExactly("5", "6");
    }

    @Test
    void knowsNoMoreRoomsThanItMayAndForgetsThoseThatWereOnlyPublishedInto() {
        RoomWorld narrow = new RoomWorld(
                RoomWorld.CONFIG, new JsonFrameCodec(), new NodeBudgets.Limits(1 << 20, 1 << 20, 1, 0, 2, 1 << 20));
        RoomWorld.Node one = narrow.addNode(1);
        List<DraftOutcome> outcomes = new ArrayList<>();
        for (String room : List.of("a", "b", "c")) {
            one.rooms
                    .publish(new RoomId(room), RoomWorld.draft("s", 1, 1), one.loops.get(0))
                    .onSuccess(outcomes::add);
        }
        List<JoinedResult> joined = new ArrayList<>();
        one.rooms.join(
                new RoomId("d"),
                new JoinQuery(null, 0),
                false,
                new RecordingMember(),
                one.loops.get(0),
                (result, membership) -> joined.add(result));
        narrow.scheduler.advance(Duration.ofMillis(100));

        assertThat(outcomes)
                .hasAtLeastOneElementOfType(DraftOutcome.Unavailable.class)
                .hasSize(3);
        assertThat(joined.get(0)).isInstanceOf(JoinedResult.Failed.class);
        assertThat(one.rooms.roomCount()).isEqualTo(2);
        narrow.scheduler.advance(RoomWorld.CONFIG.renewInterval().multipliedBy(2));
        assertThat(one.rooms.roomCount()).isZero();
    }

    @Test
    void refusesAJoinAtOnceWhenThereIsNoMemoryForTheRoom() {
        RoomWorld full = new RoomWorld();
        RoomWorld.Node one = full.addNode(1);
        full.log.takeNoMoreRooms();
        List<JoinedResult> joined = new ArrayList<>();

        one.rooms.join(
                RoomWorld.ROOM,
                new JoinQuery(null, 0),
                false,
                new RecordingMember(),
                one.loops.get(0),
                (result, membership) -> joined.add(result));
        full.scheduler.advance(Duration.ofMillis(10));

        assertThat(joined).hasSize(1);
        JoinedResult.Failed failed = (JoinedResult.Failed) joined.get(0);
        assertThat(failed.code()).isEqualTo(ErrorCode.UNAVAILABLE);
        assertThat(failed.retryAfterMs()).isPositive();
    }

    @Spec("RM-14")
    @Test
    void readsForMembersThatFellBehindOnlyAsOftenAtOnceAsTheNodeMay() {
        RoomWorld narrow = new RoomWorld(
                RoomWorld.CONFIG, new JsonFrameCodec(), new NodeBudgets.Limits(1 << 20, 1 << 20, 1, 0, 100, 1 << 20));
        RoomWorld.Node one = narrow.addNode(1);
        List<RoomId> rooms = List.of(new RoomId("a"), new RoomId("b"), new RoomId("c"));
        List<RecordingMember> members = new ArrayList<>();
        List<Membership> memberships = new ArrayList<>();
        for (RoomId room : rooms) {
            RecordingMember member = new RecordingMember();
            member.roomFor(-1);
            members.add(member);
            one.rooms.join(room, new JoinQuery(null, 0), false, member, one.loops.get(0), (result, membership) -> {
                memberships.add(membership);
                membership.start();
            });
            narrow.scheduler.runAll();
            for (int i = 1; i <= 20; i++) {
                narrow.log.append(room, List.of(RoomWorld.draft("s", i, 1)));
            }
            one.rooms.ring(
                    room, narrow.log.join(room, one.id, List.of()).result().head());
            narrow.scheduler.runAll();
        }
        one.log.hold();

        members.forEach(member -> member.roomFor(Integer.MAX_VALUE));
        memberships.forEach(membership -> one.loops.get(0).execute(membership::onWritable));
        narrow.scheduler.runAll();
        int atOnce = one.log.waiting().size();
        one.log.only().fail();
        narrow.scheduler.runAll();
        int afterAFailure = one.log.waiting().size();
        one.log.answerAtOnce();
        one.log.only().performAndAnswer();
        narrow.scheduler.advance(Duration.ofSeconds(1));

        assertThat(atOnce).isEqualTo(1);
        assertThat(afterAFailure).isEqualTo(1);
        assertThat(members)
                .allSatisfy(member -> assertThat(member.story())
                        .isEqualTo(LongStream.rangeClosed(1, 20)
                                .mapToObj(Long::toString)
                                .toList()));
    }

    @Test
    void tellsAMemberWhenTheLogWasLost() {
        RecordingMember member = joined(FROM_NOW_ON);
        publish(12);
        world.lose();
        publishUnheard(1);

        world.scheduler.advance(WHILE);

        assertThat(member.story().subList(12, 14)).containsExactly("gap epoch to 0", "1");
    }

    @Test
    void tellsTheNewEpochToAMemberOfALogThatWasLostEmpty() {
        RecordingMember member = joined(FROM_NOW_ON);
        world.lose();
        world.scheduler.advance(WHILE);

        publish(1);
        world.scheduler.advance(WHILE);

        assertThat(member.story()).containsExactly("gap epoch to 0", "1");
    }

    @Test
    void asksForAJoinAnewWhenTheTailWentOnInAnotherHistory() {
        joined(FROM_NOW_ON);
        publish(3);
        RoomWorld.Snapshot copy = world.snapshot();
        publishUnheard(1);
        node.log.hold();
        join(node, new JoinQuery(null, 1));
        world.scheduler.runAll();
        node.log.only().performAndAnswer();
        world.scheduler.runAll();
        Follower follower = new Follower("late", world);
        follower.join(node, loop, FROM_NOW_ON, false, Integer.MAX_VALUE);
        world.scheduler.runAll();
        node.log.waiting().forEach(call -> {
            if (call.name().equals("join")) {
                call.performAndAnswer();
            }
        });
        world.restore(copy);

        node.log.waiting().forEach(ScriptedRoomLog.Call::performAndAnswer);
        node.log.answerAtOnce();
        world.scheduler.advance(MOMENT);
        RoomWorld.Node other = world.addNode(1);
        publishAt(other, 2);
        world.scheduler.advance(WHILE);

        follower.assertComplete();
    }

    @Test
    void sharesNoReadBetweenGenerationsOfTheTail() {
        RecordingMember first = joined(FROM_NOW_ON);
        publish(3);
        first.roomFor(-1);
        RoomWorld.Snapshot copy = world.snapshot();
        publish(12);
        node.log.hold();
        first.roomFor(Integer.MAX_VALUE);
        loop.execute(memberships.get(0)::onWritable);
        world.scheduler.runAll();
        ScriptedRoomLog.Call lateRead = node.log.only();
        lateRead.perform();
        node.log.answerAtOnce();
        world.restore(copy);
        publishUnheard(2);
        node.rooms.checkHeads();
        world.scheduler.runAll();

        RecordingMember second = join(node, new JoinQuery(world.history().get(3L), 0));
        world.scheduler.runAll();
        lateRead.answer();
        world.scheduler.advance(WHILE);

        assertThat(first.story()).isEqualTo(offsets(1, 5));
        assertThat(second.story()).isEqualTo(offsets(4, 5));
    }

    @Test
    void sharesNoSliceBetweenGenerationsOfTheTail() {
        joined(FROM_NOW_ON);
        publish(3);
        Position common = world.history().get(3L);
        RoomWorld.Snapshot copy = world.snapshot();
        publish(1);
        joined(new JoinQuery(common, 0));
        world.restore(copy);
        world.append(RoomWorld.draft("u", 1, 1));

        node.rooms.checkHeads();
        RecordingMember second = join(node, new JoinQuery(common, 0));
        world.scheduler.advance(WHILE);

        assertThat(second.frames()).extracting(frame -> frame.get("data")).containsExactly("u:1");
    }

    @Test
    void writesNothingOfAnotherHistoryWhenTheTailIsReplacedWhileAMemberIsServed() {
        joined(FROM_NOW_ON);
        publish(3);
        RoomWorld.Snapshot copy = world.snapshot();
        publish(1);
        RoomWorld.Node two = world.addNode(2);
        ManualScheduler.Loop roomLoop = two.loops.get(Math.floorMod(RoomWorld.ROOM.hashCode(), 2));
        ManualScheduler.Loop memberLoop = two.loops.get(1 - Math.floorMod(RoomWorld.ROOM.hashCode(), 2));
        Follower follower = new Follower("raced", world);
        follower.join(two, memberLoop, FROM_NOW_ON, false, Integer.MAX_VALUE);
        world.scheduler.advance(MOMENT);
        publish(1);
        boolean[] once = {true};
        follower.member().beforeAnswer(() -> {
            if (once[0]) {
                once[0] = false;
                world.restore(copy);
                world.append(RoomWorld.draft("u", 1, 1));
                two.rooms.checkHeads();
                while (roomLoop.runNext()) {}
                publishAt(two, 2);
                while (roomLoop.runNext()) {}
            }
        });

        memberLoop.execute(follower.membership()::onWritable);
        world.scheduler.advance(WHILE);

        follower.assertComplete();
    }

    private static void publishAt(RoomWorld.Node at, int count) {
        for (int i = 1; i <= count; i++) {
            at.rooms
                    .publish(RoomWorld.ROOM, RoomWorld.draft("v", i, i), at.loops.get(0))
                    .onFailure(never -> {});
        }
    }

    @Test
    void servesEveryMemberAlthoughOthersLeaveInThePass() {
        List<RecordingMember> members = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            members.add(join(node, FROM_NOW_ON));
        }
        world.scheduler.advance(MOMENT);
        List<RecordingMember> leaving = IntStream.range(0, 600)
                .filter(i -> i % 7 == 3)
                .mapToObj(members::get)
                .toList();
        leaving.forEach(member ->
                member.onFrame(frame -> memberships.get(members.indexOf(member)).leave()));

        publish(1);

        assertThat(members).allSatisfy(member -> assertThat(member.story()).containsExactly("1"));
    }

    @Spec("RM-18")
    @Test
    void writesNothingToAMemberThatLeftWhileItWasWrittenTo() {
        RecordingMember member = joined(FROM_NOW_ON);
        member.onFrame(frame -> memberships.get(0).leave());

        publishUnheard(3);
        world.scheduler.advance(WHILE);

        assertThat(member.story()).containsExactly("1");
    }

    @Spec("RM-21")
    @Test
    void deliversAnEphemeralPublicationAlthoughAMemberLeavesOverIt() {
        RecordingMember first = join(node, FROM_NOW_ON);
        RecordingMember second = joined(FROM_NOW_ON);
        first.onFrame(frame -> memberships.get(0).leave());

        node.rooms.publishEphemeral(RoomWorld.ROOM, Payload.ofJson("1"), null, null, new PublisherId("p"));
        world.scheduler.advance(MOMENT);

        assertThat(first.story()).containsExactly("ephemeral");
        assertThat(second.story()).containsExactly("ephemeral");
        assertThat(second.frames().get(0)).doesNotContainKeys("offset", "epoch", "number");
    }

    private void publishEphemeral(int count) {
        for (int i = 0; i < count; i++) {
            node.rooms.publishEphemeral(RoomWorld.ROOM, Payload.ofJson("1"), null, null, new PublisherId("p"));
        }
        world.scheduler.advance(MOMENT);
    }

    @Test
    void countsEphemeralPublicationsForWhichTooFewCouldWait() {
        RecordingMember member = joined(FROM_NOW_ON);
        node.log.hold();

        publishEphemeral(70);
        node.log.only().performAndAnswer();
        world.scheduler.advance(MOMENT);

        assertThat(member.story()).hasSize(64).containsOnly("ephemeral");
        assertThat(world.unsent).isEqualTo(6);
    }

    @Test
    void countsEphemeralPublicationsWhenNobodyCouldTellWhoIsInterested() {
        RecordingMember member = joined(FROM_NOW_ON);
        node.log.hold();

        publishEphemeral(3);
        node.log.only().fail();
        world.scheduler.advance(MOMENT);

        assertThat(member.story()).isEmpty();
        assertThat(world.unsent).isEqualTo(3);
    }

    @Test
    void flushesOncePerPass() {
        RecordingMember member = joined(FROM_NOW_ON);
        int before = member.flushes();

        for (int i = 1; i <= 4; i++) {
            assertThat(node.rooms
                            .publish(RoomWorld.ROOM, RoomWorld.draft("s", i, 1), loop)
                            .failed())
                    .isFalse();
        }
        world.scheduler.advance(MOMENT);

        assertThat(member.story()).isEqualTo(offsets(1, 4));
        assertThat(member.flushes() - before).isLessThan(4);
    }

    @Test
    void encodesAPublicationOnceForAThousandMembers() {
        CountingCodec codec = new CountingCodec();
        RoomWorld counted = new RoomWorld(RoomWorld.CONFIG, codec);
        RoomWorld.Node big = counted.addNode(2);
        List<RecordingMember> members = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            RecordingMember member = new RecordingMember();
            members.add(member);
            big.rooms.join(
                    RoomWorld.ROOM,
                    FROM_NOW_ON,
                    false,
                    member,
                    big.loops.get(i % 2),
                    (result, joined) -> joined.start());
        }
        counted.scheduler.advance(MOMENT);

        big.rooms
                .publish(RoomWorld.ROOM, RoomWorld.draft("s", 1, 1), big.loops.get(0))
                .onFailure(never -> {});
        counted.scheduler.advance(MOMENT);

        assertThat(codec.encoded).isEqualTo(1);
        assertThat(members)
                .allSatisfy(member -> assertThat(member.encoded())
                        .containsExactly(members.get(0).encoded().get(0)));
    }

    private static final class CountingCodec implements FrameCodec {

        private final FrameCodec codec = new JsonFrameCodec();
        private int encoded;

        @Override
        public void decode(byte[] message, boolean helloOnly, FrameSink sink) {
            codec.decode(message, helloOnly, sink);
        }

        @Override
        public EncodedFrame encode(ServerFrame frame) {
            encoded++;
            return codec.encode(frame);
        }
    }

    @Test
    @Spec("HS-13")
    void answersAJoinUnavailableWhenTheLogDoesNotAnswer() {
        node.log.hold();

        join(node, FROM_NOW_ON);
        world.scheduler.advance(RoomWorld.CONFIG.joinTimeout());

        assertThat(starts).hasSize(1);
        assertThat(starts.get(0)).isInstanceOf(JoinedResult.Failed.class);
    }

    @Test
    void failsAJoinThatIsAnsweredAfterTheNodeLeftTheCluster() {
        node.log.hold();
        join(node, FROM_NOW_ON);
        world.scheduler.runAll();

        node.rooms.close();
        world.scheduler.runAll();
        node.log.only().performAndAnswer();
        world.scheduler.runAll();

        assertThat(starts).hasSize(1);
        assertThat(starts.get(0)).isInstanceOf(JoinedResult.Failed.class);
        assertThat(memberships).isEmpty();
    }

    @Test
    void asksTheLogOnceForAllJoinsThatWait() {
        node.log.hold();
        join(node, FROM_NOW_ON);
        world.scheduler.runAll();
        for (int i = 0; i < 100; i++) {
            join(node, new JoinQuery(Position.START, 0));
        }
        world.scheduler.runAll();

        node.log.only().performAndAnswer();
        world.scheduler.runAll();
        node.log.only().performAndAnswer();
        world.scheduler.runAll();

        assertThat(starts).hasSize(101);
        assertThat(node.log.waiting()).isEmpty();
    }

    @Test
    void answersAJoinFromTheTailWithoutAskingTheLog() {
        joined(FROM_NOW_ON);
        publish(3);
        node.log.hold();

        RecordingMember resumed = joined(new JoinQuery(world.history().get(1L), 0));

        assertThat(resumed.story()).isEqualTo(offsets(2, 3));
        assertThat(node.log.waiting()).isEmpty();
    }

    @Test
    void forgetsARoomThatNobodyNeedsAndWithdrawsItsInterest() {
        joined(FROM_NOW_ON);
        loop.execute(memberships.get(0)::leave);

        world.scheduler.advance(
                RoomWorld.CONFIG.linger().plus(RoomWorld.CONFIG.renewInterval().multipliedBy(2)));

        assertThat(node.rooms.roomCount()).isZero();
        assertThat(world.log.interested(RoomWorld.ROOM).result()).isEmpty();
    }
}
