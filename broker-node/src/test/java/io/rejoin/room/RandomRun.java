package io.rejoin.room;

import io.rejoin.flow.NodeBudgets;
import io.rejoin.protocol.JsonFrameCodec;
import io.rejoin.testing.ManualScheduler;
import io.rejoin.testing.ScriptedRoomLog;
import io.rejoin.value.Position;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * One seeded run of a room on several nodes: everything that may be lost, late, repeated or overtaken is, then all is well again,
 * and everybody has to catch up.
 */
final class RandomRun {

    private static final int CALLS_LISTED = 12;

    private final Random random;
    private final RoomWorld world;
    private final boolean lossy;
    private final List<Follower> followers = new ArrayList<>();
    private final List<Publisher> publishers = new ArrayList<>();
    private final Map<Follower, ManualScheduler.Loop> places = new HashMap<>();
    private final List<RoomWorld.Snapshot> snapshots = new ArrayList<>();
    private boolean chaos = true;
    private int calls;
    private final List<String> called = new ArrayList<>();

    /**
     * Creates a run.
     *
     * @param lossy whether the log itself may lose what it acknowledged
     */
    RandomRun(long seed, boolean lossy) {
        this.random = new Random(seed);
        this.lossy = lossy;
        RoomConfig config =
                RoomWorld.config(1 + random.nextInt(12), 200 + random.nextInt(1_000), 200 + random.nextInt(1_500));
        this.world = new RoomWorld(
                config.withPolicies(new RoomPolicies(policy(), List.of())),
                new JsonFrameCodec(),
                new NodeBudgets.Limits(1_000 + random.nextInt(4_000), 200 + random.nextInt(2_000), 1, 0, 100, 1 << 20));
        int nodes = 1 + random.nextInt(3);
        for (int i = 0; i < nodes; i++) {
            world.addNode(1 + random.nextInt(2)).log.follow(this::onCall);
        }
        world.relay.follow(this::onMessage);
        for (int i = 0; i < 4; i++) {
            followers.add(new Follower("follower" + i, world));
            publishers.add(new Publisher("s" + i));
        }
    }

    private RoomPolicy policy() {
        boolean conflated = random.nextBoolean();
        return RoomWorld.policy(
                conflated ? RoomClass.CONFLATED : RoomClass.DURABLE,
                random.nextBoolean() ? SlowConsumerAction.CLOSE : SlowConsumerAction.SKIP,
                Duration.ofMillis(conflated && random.nextInt(3) == 0 ? 1 + random.nextInt(40) : 0));
    }

    /** Publishes as the contract says: in order, each number until it is settled, from whichever node. */
    private final class Publisher {

        private final String session;
        private final Map<Long, Position> acknowledged = new HashMap<>();
        private long lowest = 1;
        private long next = 1;
        private int waiting;
        private int connection;
        private RoomWorld.Node node;

        Publisher(String session) {
            this.session = session;
        }

        void publish() {
            if (node == null || random.nextInt(20) == 0) {
                reconnect();
            }
            if (next - lowest < 6) {
                send(next++);
            }
        }

        void reconnect() {
            node = any(world.nodes);
            connection++;
            waiting = 0;
            resend();
        }

        private void resend() {
            long until = next;
            for (long number = lowest; number < until; number++) {
                send(number);
            }
        }

        private void send(long number) {
            waiting++;
            int mine = connection;
            ManualScheduler.Loop loop = any(node.loops);
            node.rooms
                    .publish(RoomWorld.ROOM, RoomWorld.draft(session, number, lowest, key(number)), loop)
                    .onSuccess(outcome -> onOutcome(mine, number, outcome));
        }

        private static @Nullable String key(long number) {
            return number % 4 == 0 ? null : "k" + number % 3;
        }

        private void onOutcome(int sentOn, long number, DraftOutcome outcome) {
            if (outcome instanceof DraftOutcome.Applied applied) {
                onAck(number, applied.position());
            } else if (outcome instanceof DraftOutcome.Duplicate duplicate) {
                onAck(number, duplicate.position());
            }
            if (sentOn != connection) {
                return;
            }
            waiting--;
            if (waiting == 0 && lowest < next) {
                world.scheduler.after(20, () -> {
                    if (sentOn == connection && waiting == 0) {
                        resend();
                    }
                });
            }
        }

        private void onAck(long number, Position position) {
            if (position == null) {
                // A batch that an earlier connection left behind may be settled when its numbers are too old to be
                // known.
                if (!world.hasLost() && number >= lowest) {
                    throw new AssertionError(session + ":" + number + " was acknowledged without a position");
                }
            } else {
                String expected = "\"" + session + ":" + number + "\"";
                if (!expected.equals(world.everAt(position))) {
                    throw new AssertionError(expected + " was acknowledged at " + position + ", where the log took "
                            + world.everAt(position));
                }
                Position earlier = acknowledged.put(number, position);
                if (earlier != null && !earlier.equals(position) && !world.hasLost()) {
                    throw new AssertionError(expected + " was acknowledged at " + earlier + " and at " + position);
                }
            }
            while (lowest < next && (acknowledged.containsKey(lowest) || (world.hasLost() && lowest <= number))) {
                lowest++;
            }
        }

        void assertDone() {
            if (lowest != next) {
                throw new AssertionError(session + " waits for " + lowest + " of " + next);
            }
            acknowledged.forEach((number, position) -> {
                if (!world.hasLost() && !position.equals(world.history().get(position.offset()))) {
                    throw new AssertionError(session + ":" + number + " was acknowledged and is gone");
                }
            });
        }
    }

    private <T> T any(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    private long someTime() {
        return random.nextInt(3) == 0 ? random.nextInt(250) : random.nextInt(8);
    }

    private void onCall(ScriptedRoomLog.Call call) {
        calls++;
        if (!chaos) {
            if (called.size() < CALLS_LISTED) {
                called.add(call.name());
            }
            later(1, call::performAndAnswer);
            return;
        }
        int fate = random.nextInt(20);
        if (fate == 0) {
            later(someTime(), call::fail);
        } else if (fate == 1) {
            later(someTime(), () -> {
                call.perform();
                later(someTime(), call::fail);
            });
        } else if (fate == 2) {
            later(someTime(), () -> {
                call.fail();
                later(someTime(), call::perform);
            });
        } else if (fate == 3 && call.name().equals("append")) {
            later(someTime(), call::refuse);
        } else {
            later(someTime(), () -> {
                call.perform();
                later(someTime(), call::answer);
            });
        }
    }

    private void later(long millis, Runnable task) {
        if (millis == 0) {
            task.run();
        } else {
            world.scheduler.after(millis, task);
        }
    }

    private void onMessage(Runnable delivery) {
        int fate = chaos ? random.nextInt(10) : 9;
        if (fate == 0) {
            return;
        }
        if (fate == 1) {
            later(someTime(), delivery);
        }
        later(chaos ? someTime() : 1, delivery);
    }

    void run(int steps) {
        for (int step = 0; step < steps; step++) {
            int what = random.nextInt(10);
            if (what < 6) {
                world.scheduler.runOne(random);
            } else if (what < 8) {
                world.scheduler.tick(1 + random.nextInt(15));
            } else {
                act();
            }
        }
        settle();
    }

    private void act() {
        int what = random.nextInt(100);
        if (what < 50) {
            any(publishers).publish();
        } else if (what < 65) {
            move(any(followers));
        } else if (what < 85) {
            drain(any(followers));
        } else if (what < 88) {
            world.log.changeOwner();
        } else if (what < 90) {
            world.scheduler.freeze(Duration.ofMillis(random.nextInt(40) == 0 ? 14_000 : 100));
        } else if (what >= 98) {
            removeNode();
        } else if (lossy) {
            lose(what);
        }
    }

    /** A node is removed from the cluster and comes back as another one; its connections are closed. */
    private void removeNode() {
        RoomWorld.Node removed = any(world.nodes);
        world.replace(removed).log.follow(this::onCall);
        for (Follower follower : followers) {
            if (!follower.isAway() && removed.loops.contains(places.get(follower))) {
                places.get(follower).execute(follower::leave);
            }
        }
        for (Publisher publisher : publishers) {
            if (publisher.node == removed) {
                publisher.reconnect();
            }
        }
    }

    private void lose(int what) {
        if (what < 95) {
            snapshots.add(world.snapshot());
        } else if (what < 97 && !snapshots.isEmpty()) {
            world.restore(snapshots.remove(snapshots.size() - 1));
        } else if (what == 97) {
            snapshots.clear();
            world.lose();
        }
    }

    private void move(Follower follower) {
        if (follower.isAway()) {
            join(follower);
        } else {
            places.get(follower).execute(follower::leave);
        }
    }

    private void join(Follower follower) {
        RoomWorld.Node node = any(world.nodes);
        ManualScheduler.Loop loop = any(node.loops);
        places.put(follower, loop);
        boolean latest = random.nextInt(3) == 0;
        follower.join(
                node, loop, query(follower, latest), latest, chaos ? 100 + random.nextInt(1_500) : Integer.MAX_VALUE);
    }

    private ReplayCap cap() {
        return random.nextInt(3) > 0
                ? ReplayCap.NONE
                : new ReplayCap(1 + random.nextInt(12), 1 + random.nextInt(1_500));
    }

    private JoinQuery query(Follower follower, boolean latest) {
        int what = random.nextInt(10);
        if (follower.position() != null && what < 7) {
            return new JoinQuery(follower.position(), 0, cap());
        }
        if (what == 7) {
            return new JoinQuery(Position.START, 0, cap());
        }
        if (what == 8 && latest) {
            return new JoinQuery(null, Integer.MAX_VALUE);
        }
        return new JoinQuery(null, what == 8 ? 0 : random.nextInt(10));
    }

    private void drain(Follower follower) {
        Membership membership = follower.membership();
        if (follower.isJoined()) {
            places.get(follower).execute(() -> {
                follower.member().drain();
                membership.onWritable();
            });
        }
    }

    private void settle() {
        chaos = false;
        for (int round = 0; round < 16; round++) {
            for (Follower follower : followers) {
                if (follower.isAway()) {
                    join(follower);
                } else if (follower.isJoined()) {
                    follower.member().roomFor(Integer.MAX_VALUE);
                    drain(follower);
                }
            }
            world.scheduler.advance(Duration.ofSeconds(1));
        }
        world.scheduler.advance(Duration.ofSeconds(2));
        publishers.forEach(Publisher::assertDone);
        followers.forEach(Follower::assertComplete);
        if (!world.hasLost() && !world.repeated().isEmpty()) {
            throw new AssertionError("taken more than once: " + world.repeated());
        }
        calls = 0;
        called.clear();
        world.scheduler.advance(Duration.ofSeconds(5));
        int renewals =
                3 * world.nodes.stream().mapToInt(node -> node.loops.size()).sum();
        if (calls > renewals) {
            throw new AssertionError("the log is asked although all is well: " + called);
        }
    }

    /** Adds up what happened, so that a run that tries nothing does not go unnoticed. */
    void stats(Map<String, Long> sums) {
        sums.merge("publications", world.head(), Long::sum);
        followers.forEach(follower -> follower.stats(sums));
    }
}
