package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.net.DelayRelay;
import io.rejoin.chaos.net.Facility;
import io.rejoin.chaos.net.Network;
import io.rejoin.chaos.net.Rule;
import io.rejoin.chaos.net.Rule.Direction;
import io.rejoin.chaos.node.BrokerProcess;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Faults that follow each other so closely that what the first one withheld is asked for by the second. Each chain loses nothing: at all times
 * one copy of what was acknowledged is on a node that lives.
 */
enum Chain implements Nemesis {
    /**
     * Three nodes. The first is back, but empty, when the second goes, so nobody may go on before that one is back as well, or copies are in
     * place. Once every room acknowledges, which proves that two of those that are left have all, what they have got is all there is
     * when the third goes.
     */
    KILL_AND_KILL("kill-and-kill") {
        @Override
        public void strike(Scene scene, Random random) {
            List<BrokerProcess> order = new ArrayList<>(scene.nodes());
            Collections.shuffle(order, random);
            BrokerProcess first = order.get(0);
            BrokerProcess second = order.get(1);
            BrokerProcess third = order.get(2);
            scene.during(text(), List.of(first, second, third), () -> {
                first.kill();
                scene.awaitAcks("after the kill of " + first.name());
                // Its death has to be seen first: what is measured every 2 s still counts it otherwise.
                scene.awaitMember(third, scene.nodes().size() - 1);
                first.start();
                scene.awaitMember(third, scene.nodes().size());
                second.kill();
                Scene.hold(Scene.between(random, 500, 4_000));
                second.start();
                scene.awaitAcks("after the kill of " + second.name());
                third.kill();
                scene.restart(List.of(third));
                first.awaitReady(Scene.READY_LIMIT);
                second.awaitReady(Scene.READY_LIMIT);
            });
        }
    },
    /**
     * A node that has taken a last word for some rooms, before it hears from their copies, one of which is frozen: what it can no longer
     * pass on is in the log, and nothing follows it that would show that it is there.
     */
    KILL_BEHIND_FREEZE("kill-behind-freeze") {
        @Override
        public void strike(Scene scene, Random random) {
            BrokerProcess frozen = scene.anyNode(random);
            BrokerProcess killed = pick(scene.others(frozen), random);
            try {
                scene.during(text(), List.of(frozen, killed), () -> {
                    scene.awaitSilence();
                    frozen.freeze();
                    scene.workload().burst(1, unsettled -> {});
                    Scene.hold(Scene.between(random, 500, 3_000));
                    killed.kill();
                    Scene.hold(Scene.between(random, 0, 1_000));
                    frozen.thaw();
                    scene.restart(List.of(killed));
                });
                scene.awaitWhole();
                scene.awaitSilence();
            } finally {
                scene.workload().load();
            }
        }

        @Override
        public boolean standsAlone() {
            return true;
        }
    },
    /**
     * The owner of a room with much load, whose connections to the other members are reset, so that what was on its way is lost although all
     * live; it is killed as soon as every room acknowledges again. New connections pass a relay meanwhile, so that nobody is given up.
     */
    KILL_BEHIND_RESET("kill-behind-reset") {
        @Override
        public void strike(Scene scene, Random random) {
            BrokerProcess owner = scene.holders(scene.hotRoom(random)).get(0);
            Rule reset = Rule.all(owner.name(), Direction.BOTH, Cut.addresses(scene.others(owner)))
                    .resetting();
            scene.during(text(), List.of(owner), () -> {
                try (DelayRelay relay =
                        new DelayRelay(scene.network().ownAddress(), 0, 1, new Random(random.nextLong()))) {
                    Network.Fault redirected = scene.network().redirect(Slow.through(relay, scene, owner));
                    Cut.hold(scene.network().breakLinks(List.of(reset)), Slow.RESET_MS);
                    Cut.hold(redirected, Scene.between(random, 500, 1_500));
                }
                scene.awaitAcks("after connections of " + owner.name() + " were reset");
                owner.kill();
                scene.restart(List.of(owner));
            });
        }

        @Override
        public Set<Facility> needs() {
            return EnumSet.of(Facility.SIGNALS, Facility.DROP, Facility.REDIRECT);
        }
    },
    /**
     * Those that were cut off meet one that has just started, and are a majority with it, while those that went on meanwhile are cut off:
     * whoever counts heads alone goes on from what the former remember, and forgets what was acknowledged without them.
     */
    KILL_BEHIND_SPLIT("kill-behind-split") {
        @Override
        public void strike(Scene scene, Random random) {
            List<BrokerProcess> order = new ArrayList<>(scene.nodes());
            Collections.shuffle(order, random);
            int few = (order.size() - 1) / 2;
            List<BrokerProcess> stale = order.subList(0, few);
            List<BrokerProcess> newer = order.subList(few, order.size());
            BrokerProcess killed = newer.get(0);
            List<BrokerProcess> left = newer.subList(1, newer.size());
            scene.during(text(), List.of(killed), () -> {
                Network.Fault split = scene.network().breakLinks(Cut.between(stale, newer));
                try {
                    Scene.hold(Scene.between(random, 13_000, 16_000));
                    scene.awaitAcks("without those that were cut off");
                    killed.kill();
                } finally {
                    split.close();
                }
                List<BrokerProcess> forgetful = new ArrayList<>(stale);
                forgetful.add(killed);
                Network.Fault other = scene.network().breakLinks(Cut.between(left, forgetful));
                try {
                    killed.start();
                    Scene.hold(Scene.between(random, 12_000, 18_000));
                } finally {
                    other.close();
                }
                killed.awaitReady(Scene.READY_LIMIT);
            });
        }

        @Override
        public Set<Facility> needs() {
            return EnumSet.of(Facility.SIGNALS, Facility.DROP);
        }
    },
    /**
     * The owner of a room with much load, without the members that have its copies, while its clients and its bus go on; it is killed before
     * the others have given it up.
     */
    KILL_BEHIND_CUT("kill-behind-cut") {
        @Override
        public void strike(Scene scene, Random random) {
            BrokerProcess owner = scene.holders(scene.hotRoom(random)).get(0);
            Rule cut = Rule.all(owner.name(), Direction.BOTH, Cut.addresses(scene.others(owner)))
                    .onPort(owner.ports().member());
            scene.during(text(), List.of(owner), () -> {
                Network.Fault links = scene.network().breakLinks(List.of(cut));
                try {
                    Scene.hold(Scene.between(random, 4_000, 6_000));
                    owner.kill();
                } finally {
                    links.close();
                }
                scene.restart(List.of(owner));
            });
        }

        @Override
        public Set<Facility> needs() {
            return EnumSet.of(Facility.SIGNALS, Facility.DROP);
        }
    };

    private final String text;

    Chain(String text) {
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

    private static BrokerProcess pick(List<BrokerProcess> nodes, Random random) {
        return nodes.get(random.nextInt(nodes.size()));
    }
}
