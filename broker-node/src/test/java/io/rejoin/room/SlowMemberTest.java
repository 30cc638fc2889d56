package io.rejoin.room;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.protocol.EncodedFrame;
import io.rejoin.protocol.JsonFrameCodec;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.RecordingMember;
import io.rejoin.testing.Spec;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a room does with a member whose socket is full, by its policy. */
class SlowMemberTest {

    private static final Duration MOMENT = Duration.ofMillis(200);
    private static final Duration GRACE = Duration.ofMillis(300);
    private static final JoinQuery FROM_NOW_ON = new JoinQuery(null, 0);
    /** Less than a frame: the socket is full after each one. */
    private static final int TINY = 1;

    private RoomWorld world = new RoomWorld();
    private RoomWorld.Node node = world.addNode(1);
    private ManualScheduler.Loop loop = node.loops.get(0);
    private @Nullable Membership membership;
    private long number;

    private void roomHas(RoomClass roomClass, SlowConsumerAction action, Duration interval) {
        RoomPolicy policy = RoomWorld.policy(roomClass, action, interval);
        world = new RoomWorld(RoomWorld.CONFIG.withPolicies(new RoomPolicies(policy, List.of())), new JsonFrameCodec());
        node = world.addNode(1);
        loop = node.loops.get(0);
    }

    private RecordingMember join(JoinQuery query, boolean latest, int socketBytes) {
        RecordingMember member = new RecordingMember();
        member.roomFor(socketBytes);
        node.rooms.join(RoomWorld.ROOM, query, latest, member, loop, (result, joined) -> {
            membership = joined;
            joined.start();
        });
        world.scheduler.advance(MOMENT);
        return member;
    }

    private void publish(String... keys) {
        for (String key : keys) {
            number++;
            node.rooms
                    .publish(RoomWorld.ROOM, RoomWorld.draft("s", number, number, key.equals("-") ? null : key), loop)
                    .onFailure(never -> {});
        }
        world.scheduler.advance(Duration.ofMillis(20));
    }

    private void drain(RecordingMember member) {
        loop.execute(() -> {
            member.drain();
            membership.onWritable();
        });
        world.scheduler.advance(Duration.ofMillis(20));
    }

    @Spec("RM-24")
    @Test
    void leavesOutWhatIsSupersededWhileAMemberOfAConflatedRoomLags() {
        roomHas(RoomClass.CONFLATED, SlowConsumerAction.CLOSE, Duration.ZERO);
        RecordingMember member = join(FROM_NOW_ON, false, TINY);
        publish("a");
        publish("a", "b", "a", "-", "b", "a");

        member.roomFor(Integer.MAX_VALUE);
        drain(member);

        assertThat(member.story()).containsExactly("1", "gap conflated 2..4 to 4", "5", "6", "7");
    }

    @Spec("RM-24")
    @Test
    void leavesNothingOutForAMemberThatKeepsUp() {
        roomHas(RoomClass.CONFLATED, SlowConsumerAction.CLOSE, Duration.ZERO);
        RecordingMember member = join(FROM_NOW_ON, false, Integer.MAX_VALUE);

        publish("a", "a", "a");
        publish("a");

        assertThat(member.story()).containsExactly("1", "2", "3", "4");
    }

    @Test
    void leavesNothingOutOfADurableRoom() {
        RecordingMember member = join(FROM_NOW_ON, false, TINY);
        publish("a", "a", "a");

        member.roomFor(Integer.MAX_VALUE);
        drain(member);

        assertThat(member.story()).containsExactly("1", "2", "3");
    }

    @Spec("RM-23")
    @Test
    void startsWithTheNewestValuePerKeyWhenAskedForLatest() {
        publish("a", "b", "a", "c", "b");

        RecordingMember member = join(new JoinQuery(null, Integer.MAX_VALUE), true, Integer.MAX_VALUE);
        publish("a", "a");

        assertThat(member.story()).containsExactly("gap conflated 1..2 to 2", "3", "4", "5", "6", "7");
    }

    @Spec("RM-23")
    @Test
    void readsTheNewestValuesFromTheLogWhenTheTailNoLongerHoldsThem() {
        // The tail holds 8.
        publish(IntStream.range(0, 20)
                .mapToObj(i -> i == 3 ? "rare" : "k" + i % 2)
                .toArray(String[]::new));

        RecordingMember member = join(new JoinQuery(null, Integer.MAX_VALUE), true, Integer.MAX_VALUE);

        assertThat(member.story())
                .containsExactly("gap conflated 1..3 to 3", "4", "gap conflated 5..18 to 18", "19", "20");
    }

    @Spec("RM-24")
    @Test
    void deliversAKeyThatNeverRestsToAMemberThatIsAlwaysBehind() {
        roomHas(RoomClass.CONFLATED, SlowConsumerAction.CLOSE, Duration.ZERO);
        RecordingMember member = join(FROM_NOW_ON, false, TINY);

        for (int round = 0; round < 60; round++) {
            publish("restless", "k" + round % 3, "restless");
            drain(member);
        }

        long restless = member.frames().stream()
                .filter(frame -> "restless".equals(String.valueOf(frame.get("key"))))
                .count();
        assertThat(restless).isGreaterThan(10);
    }

    @Spec("RM-25")
    @Test
    void deliversOncePerIntervalAndThenTheNewestOfEachKey() {
        roomHas(RoomClass.CONFLATED, SlowConsumerAction.CLOSE, Duration.ofMillis(100));
        RecordingMember member = join(FROM_NOW_ON, false, Integer.MAX_VALUE);
        publish("a");

        publish("a", "b");
        publish("a");
        assertThat(member.story()).containsExactly("1");
        world.scheduler.advance(Duration.ofMillis(100));

        assertThat(member.story()).containsExactly("1", "gap conflated 2..2 to 2", "3", "4");
    }

    @Spec("RM-25")
    @Test
    void keepsToTheIntervalWhenTheSocketTakesMore() {
        roomHas(RoomClass.CONFLATED, SlowConsumerAction.CLOSE, Duration.ofMillis(100));
        RecordingMember member = join(FROM_NOW_ON, false, Integer.MAX_VALUE);
        publish("a");

        publish("b");
        drain(member);

        assertThat(member.story()).containsExactly("1");
        world.scheduler.advance(Duration.ofMillis(100));
        assertThat(member.story()).containsExactly("1", "2");
    }

    @Spec("RM-25")
    @Test
    void keepsToTheIntervalWhileAnotherMemberIsReplayed() {
        roomHas(RoomClass.CONFLATED, SlowConsumerAction.CLOSE, Duration.ofMillis(100));
        RecordingMember member = join(FROM_NOW_ON, false, Integer.MAX_VALUE);
        publish(IntStream.range(0, 7).mapToObj(i -> "k" + i).toArray(String[]::new));
        world.scheduler.advance(Duration.ofMillis(200));
        publish("a");
        List<String> before = member.story();

        // Its replay takes several turns of the loop, and publications arrive between them.
        RecordingMember late = new RecordingMember();
        late.onFrame(frame -> {
            if (number < 16) {
                number++;
                node.rooms
                        .publish(RoomWorld.ROOM, RoomWorld.draft("s", number, number, "k" + number), loop)
                        .onFailure(never -> {});
            }
        });
        node.rooms.join(RoomWorld.ROOM, new JoinQuery(null, 7), false, late, loop, (result, joined) -> joined.start());
        world.scheduler.advance(Duration.ofMillis(10));

        assertThat(late.story()).startsWith("2", "3", "4", "5", "6", "7", "8");
        assertThat(member.story()).isEqualTo(before);
        world.scheduler.advance(Duration.ofMillis(200));
        assertThat(member.story()).hasSizeGreaterThan(before.size());
    }

    @Spec("FL-7")
    @Test
    void closesAMemberThatMakesNoProgressForTheGrace() {
        roomHas(RoomClass.DURABLE, SlowConsumerAction.CLOSE, Duration.ZERO);
        RecordingMember member = join(FROM_NOW_ON, false, TINY);
        publish("-");
        publish("-");

        world.scheduler.advance(GRACE.dividedBy(2));
        assertThat(member.slowCloses()).isZero();
        world.scheduler.advance(GRACE);

        assertThat(member.slowCloses()).isEqualTo(1);
    }

    @Test
    void countsAMemberOnceHoweverLongItsConnectionTakesToClose() {
        roomHas(RoomClass.DURABLE, SlowConsumerAction.CLOSE, Duration.ZERO);
        RecordingMember member = join(FROM_NOW_ON, false, TINY);
        publish("-");
        publish("-");

        world.scheduler.advance(GRACE.multipliedBy(4));

        assertThat(member.slowCloses()).isGreaterThan(1);
        assertThat(world.slowConsumers).containsExactly("close");
    }

    @Spec("FL-7")
    @Test
    void keepsASlowMemberThatMakesProgress() {
        roomHas(RoomClass.DURABLE, SlowConsumerAction.CLOSE, Duration.ZERO);
        RecordingMember member = join(FROM_NOW_ON, false, TINY);
        publish("-");
        publish(IntStream.range(0, 50).mapToObj(i -> "-").toArray(String[]::new));

        for (int i = 0; i < 10; i++) {
            world.scheduler.advance(GRACE.dividedBy(2));
            drain(member);
        }

        assertThat(member.slowCloses()).isZero();
    }

    @Spec("FL-7")
    @Test
    void doesNotCloseAMemberWhoseSocketIsFullWhileNothingWaitsForIt() {
        roomHas(RoomClass.DURABLE, SlowConsumerAction.CLOSE, Duration.ZERO);
        RecordingMember member = join(FROM_NOW_ON, false, TINY);
        publish("-");

        world.scheduler.advance(GRACE.multipliedBy(4));

        assertThat(member.slowCloses()).isZero();
    }

    @Spec("RM-22")
    @Test
    void skipsToTheHeadWhereThePolicySaysSo() {
        roomHas(RoomClass.DURABLE, SlowConsumerAction.SKIP, Duration.ZERO);
        RecordingMember member = join(FROM_NOW_ON, false, TINY);
        publish("-");
        publish("-", "-", "-");
        world.scheduler.advance(GRACE.multipliedBy(2));
        publish("-", "-");

        member.roomFor(Integer.MAX_VALUE);
        drain(member);
        publish("-");

        assertThat(member.story()).startsWith("1").endsWith("7").anyMatch(told -> told.startsWith("gap limit 2.."));
        assertThat(member.slowCloses()).isZero();
    }

    @Test
    void doesNotCountWaitingForTheLogAsStanding() {
        roomHas(RoomClass.DURABLE, SlowConsumerAction.CLOSE, Duration.ZERO);
        RecordingMember member = join(FROM_NOW_ON, false, TINY);
        publish("-");
        publish(IntStream.range(0, 20).mapToObj(i -> "-").toArray(String[]::new));
        node.log.hold();
        drain(member);

        world.scheduler.advance(GRACE.multipliedBy(3));

        assertThat(member.slowCloses()).isZero();
    }

    @Test
    void endsASliceOfThePassSoThatOthersOnTheLoopAreServed() {
        roomHas(RoomClass.DURABLE, SlowConsumerAction.CLOSE, Duration.ZERO);
        List<RecordingMember> members = IntStream.range(0, 600)
                .mapToObj(i -> join(FROM_NOW_ON, false, Integer.MAX_VALUE))
                .toList();
        boolean[] served = {false};
        int[] before = {0};
        members.get(0)
                .onFrame(frame -> loop.execute(() -> {
                    served[0] = true;
                    before[0] = (int) members.stream()
                            .filter(each -> !each.encoded().isEmpty())
                            .count();
                }));

        publish("-");

        assertThat(served[0]).isTrue();
        assertThat(before[0]).isLessThan(600);
        assertThat(members).allSatisfy(member -> assertThat(member.story()).containsExactly("1"));
    }

    @Test
    void givesAllMembersTheSameFramesAlsoWhenTheyConflate() {
        roomHas(RoomClass.CONFLATED, SlowConsumerAction.CLOSE, Duration.ofMillis(100));
        RecordingMember first = join(FROM_NOW_ON, false, Integer.MAX_VALUE);
        RecordingMember second = join(FROM_NOW_ON, false, Integer.MAX_VALUE);
        publish("a");
        publish("a", "a", "b");
        world.scheduler.advance(Duration.ofMillis(100));

        List<EncodedFrame> frames = first.encoded();
        assertThat(first.story()).contains("gap conflated 2..2 to 2");
        for (int i = 0; i < frames.size(); i++) {
            assertThat(second.encoded().get(i)).isSameAs(frames.get(i));
        }
    }
}
