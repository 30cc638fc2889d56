package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.net.Facility;
import io.rejoin.chaos.workload.RoomWorkload;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Clients that do what clients do. */
enum ClientFault implements Nemesis {
    /** Some of them are gone without a close, and come back. */
    ABRUPT_CLOSE("abrupt-close") {
        @Override
        void act(Scene scene, RoomWorkload clients, Random random) {
            int times = (int) Scene.between(random, 2, 4);
            for (int i = 0; i < times; i++) {
                clients.breakOff(random, 50, null);
                Scene.hold(Scene.between(random, 200, 1_500));
            }
        }
    },
    /** Some of them read nothing for a while, until the node can send no more. */
    ZERO_WINDOW("zero-window") {
        @Override
        void act(Scene scene, RoomWorkload clients, Random random) {
            clients.stopReading(random, 50);
            Scene.hold(Scene.between(random, 2_000, 14_000));
            clients.readOn();
        }
    },
    /** All publishers repeat what has no outcome at another node, while the first one still works on it. */
    DUPLICATE_RESEND("duplicate-resend") {
        @Override
        void act(Scene scene, RoomWorkload clients, Random random) {
            int times = (int) Scene.between(random, 3, 6);
            for (int i = 0; i < times; i++) {
                clients.repeatElsewhere();
                Scene.hold(Scene.between(random, 100, 800));
                scene.burst();
            }
        }
    },
    /** All of them resume at one node, at once. */
    RESUME_STORM("resume-storm") {
        @Override
        void act(Scene scene, RoomWorkload clients, Random random) {
            clients.breakOff(random, 100, scene.anyNode(random).name());
            Scene.hold(Scene.between(random, 500, 1_500));
        }
    };

    private final String text;

    ClientFault(String text) {
        this.text = text;
    }

    abstract void act(Scene scene, RoomWorkload clients, Random random);

    @Override
    public String text() {
        return text;
    }

    @Override
    public Set<Facility> needs() {
        return Set.of();
    }

    @Override
    public boolean isLight() {
        return true;
    }

    @Override
    public void strike(Scene scene, Random random) {
        scene.during(text, List.of(), () -> act(scene, scene.workload(), random));
    }
}
