package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.net.Facility;
import io.rejoin.chaos.node.BrokerProcess;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** SIGSTOP and SIGCONT: the node stands still, and knows nothing of it when it goes on. */
enum Freeze implements Nemesis {
    /** The owner of a room with much load, for longer than the others wait for it: it comes back as a zombie. */
    OWNER("freeze-owner", false) {
        @Override
        public void strike(Scene scene, Random random) {
            freeze(scene, scene.holders(scene.hotRoom(random)).get(0), Scene.between(random, 13_000, 18_000));
        }
    },
    /** Nodes in turn, each for a moment, as the garbage collector would. */
    BURSTS("pause-bursts", true) {
        @Override
        public void strike(Scene scene, Random random) {
            int pauses = (int) Scene.between(random, 3, 6);
            for (int i = 0; i < pauses; i++) {
                freeze(scene, scene.anyNode(random), Scene.between(random, 200, 3_000));
                Scene.hold(Scene.between(random, 100, 1_500));
            }
        }
    };

    private final String text;
    private final boolean light;

    Freeze(String text, boolean light) {
        this.text = text;
        this.light = light;
    }

    @Override
    public String text() {
        return text;
    }

    @Override
    public Set<Facility> needs() {
        return Set.of(Facility.SIGNALS);
    }

    @Override
    public boolean isLight() {
        return light;
    }

    final void freeze(Scene scene, BrokerProcess node, long millis) {
        scene.during(text, List.of(node), () -> {
            // Another fault may have killed it, now or before it goes on.
            if (node.freeze()) {
                Scene.hold(millis);
                node.thaw();
            }
        });
    }
}
