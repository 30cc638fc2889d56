package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.net.Facility;
import io.rejoin.chaos.net.FakeClock;
import io.rejoin.chaos.node.BrokerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Nodes that leave and come back as operators let them. */
enum Restart implements Nemesis {
    /** SIGTERM to each node in turn, the next when all is safe again. */
    ROLLING("rolling-restart") {
        @Override
        public void strike(Scene scene, Random random) {
            List<BrokerProcess> order = new ArrayList<>(scene.nodes());
            Collections.shuffle(order, random);
            for (BrokerProcess node : order) {
                scene.during(text(), List.of(node), () -> {
                    leave(node);
                    scene.restart(List.of(node));
                });
                scene.awaitSafe("after the restart of " + node.name());
            }
        }
    },
    /** Two more nodes come, and go again. */
    SCALE("scale") {
        @Override
        public void strike(Scene scene, Random random) {
            List<BrokerProcess> more = scene.spare();
            scene.during(text(), more, () -> {
                for (BrokerProcess node : more) {
                    scene.restart(List.of(node));
                    scene.offer(more.subList(0, more.indexOf(node) + 1));
                    scene.awaitSafe("after " + node.name() + " came");
                }
                Scene.hold(Scene.between(random, 500, 3_000));
                for (BrokerProcess node : more) {
                    scene.burst();
                    leave(node);
                    scene.offer(more.subList(more.indexOf(node) + 1, more.size()));
                    scene.awaitSafe("after " + node.name() + " left");
                }
            });
        }
    },
    /**
     * A node whose clock is before or behind those of the others, and is right again after another restart. By less than half of {@code
     * session.window}: sessions end by the clock of the node that holds their record.
     */
    CLOCK("clock-offset") {
        @Override
        public void strike(Scene scene, Random random) {
            BrokerProcess node = scene.anyNode(random);
            long seconds = Scene.between(random, 20, 90);
            Map<String, String> clock =
                    FakeClock.environment(Duration.ofSeconds(random.nextBoolean() ? seconds : -seconds));
            scene.during(text(), List.of(node), () -> {
                leave(node);
                node.start(clock);
                node.awaitReady(Scene.READY_LIMIT);
                scene.awaitSafe("with a wrong clock at " + node.name());
                Scene.hold(Scene.between(random, 3_000, 8_000));
                scene.burst();
                // With a wrong clock it may not get leave from the others in time; that is no matter of what is
                // promised.
                node.kill();
                scene.restart(List.of(node));
            });
        }

        @Override
        public Set<Facility> needs() {
            return Set.of(Facility.CLOCK);
        }
    };

    static final Duration LEAVE_LIMIT = Duration.ofSeconds(75);

    private final String text;

    Restart(String text) {
        this.text = text;
    }

    static void leave(BrokerProcess node) {
        int code = node.terminate(LEAVE_LIMIT);
        if (code != 0) {
            throw new IllegalStateException(node.name() + " left with exit code " + code + " (expected: 0)");
        }
    }

    @Override
    public String text() {
        return text;
    }

    @Override
    public Set<Facility> needs() {
        return Set.of(Facility.SIGNALS);
    }
}
