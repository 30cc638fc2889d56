package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.net.Facility;
import io.rejoin.chaos.node.BrokerProcess;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** SIGKILL: the node is gone without a word, with all that it held; a while later it is started again, empty. */
enum Kill implements Nemesis {
    /** Any node. */
    RANDOM("kill-random") {
        @Override
        public void strike(Scene scene, Random random) {
            kill(scene, List.of(scene.anyNode(random)), random, () -> {});
        }
    },
    /** The owner of a room with much load, just after the room has acknowledged a publish. */
    OWNER("kill-owner") {
        @Override
        public void strike(Scene scene, Random random) {
            String room = scene.hotRoom(random);
            kill(scene, scene.holders(room).subList(0, 1), random, () -> scene.awaitAck(room));
        }
    },
    /** A node that holds the copy of such a room. */
    COPY("kill-copy") {
        @Override
        public void strike(Scene scene, Random random) {
            List<BrokerProcess> holders = scene.holders(scene.hotRoom(random));
            kill(scene, List.of(holders.get(holders.size() - 1)), random, () -> {});
        }
    },
    /** A node while another one that has just come back gets its partitions. */
    DURING_MIGRATION("kill-during-migration") {
        @Override
        public void strike(Scene scene, Random random) {
            BrokerProcess first = scene.anyNode(random);
            scene.during(text(), List.of(first), () -> {
                first.kill();
                Scene.hold(Scene.between(random, DOWN_MIN_MS, DOWN_MAX_MS));
                // The third may have come back a moment ago: without its copies the second one's would be the last.
                scene.awaitAcks("after the kill of " + first.name());
                first.start();
            });
            List<BrokerProcess> others = scene.others(first);
            BrokerProcess second = others.get(random.nextInt(others.size()));
            BrokerProcess witness = scene.others(first, second).get(0);
            scene.awaitMember(witness, scene.nodes().size());
            Scene.hold(Scene.between(random, 0, 400));
            kill(scene, List.of(second), random, () -> {});
            first.awaitReady(Scene.READY_LIMIT);
        }
    },
    /** All nodes that hold a room, at once: what was acknowledged in it is lost, and clients have to be told. */
    DOUBLE("double-kill") {
        @Override
        public void strike(Scene scene, Random random) {
            kill(scene, scene.holders(scene.hotRoom(random)), random, () -> {});
        }

        @Override
        public boolean losesData() {
            return true;
        }
    };

    private static final int DOWN_MIN_MS = 500;
    private static final int DOWN_MAX_MS = 4_000;

    private final String text;

    Kill(String text) {
        this.text = text;
    }

    @Override
    public String text() {
        return text;
    }

    @Override
    public Set<Facility> needs() {
        return Set.of(Facility.SIGNALS);
    }

    final void kill(Scene scene, List<BrokerProcess> targets, Random random, Runnable moment) {
        scene.during(text, targets, () -> {
            moment.run();
            targets.forEach(BrokerProcess::kill);
            Scene.hold(Scene.between(random, DOWN_MIN_MS, DOWN_MAX_MS));
            scene.restart(targets);
        });
    }
}
