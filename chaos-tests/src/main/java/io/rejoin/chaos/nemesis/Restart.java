package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.net.Facility;
import io.rejoin.chaos.node.BrokerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
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
