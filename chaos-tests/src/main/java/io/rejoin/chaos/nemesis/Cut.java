package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.net.Facility;
import io.rejoin.chaos.net.Network;
import io.rejoin.chaos.net.Rule;
import io.rejoin.chaos.net.Rule.Direction;
import io.rejoin.chaos.node.BrokerProcess;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Links that lose packets, of which neither end is told. */
enum Cut implements Nemesis {
    /** A node without the others; its clients reach it. */
    ISOLATE_ONE("isolate-one") {
        @Override
        Plan plan(Scene scene, Random random) {
            BrokerProcess one = scene.anyNode(random);
            return new Plan(List.of(one), List.of(Rule.all(one.name(), Direction.BOTH, addresses(scene.others(one)))));
        }
    },
    /** Two sides, each with clients of its own that reach only this side. */
    MAJORITY_MINORITY("majority-minority") {
        @Override
        Plan plan(Scene scene, Random random) {
            List<BrokerProcess> nodes = new ArrayList<>(scene.nodes());
            Collections.shuffle(nodes, random);
            int few = (nodes.size() - 1) / 2;
            List<BrokerProcess> minority = nodes.subList(0, few);
            List<BrokerProcess> majority = nodes.subList(few, nodes.size());
            List<String> groups = scene.network().groups();
            List<Rule> rules = new ArrayList<>();
            for (BrokerProcess node : minority) {
                List<String> lost = new ArrayList<>(addresses(majority));
                lost.addAll(groups.subList(1, groups.size()));
                rules.add(Rule.all(node.name(), Direction.BOTH, lost));
            }
            for (BrokerProcess node : majority) {
                rules.add(Rule.all(node.name(), Direction.BOTH, groups.subList(0, 1)));
            }
            return new Plan(minority, rules);
        }
    },
    /** A node that the others do not hear, or that does not hear them. */
    ONE_WAY("one-way-drop") {
        @Override
        Plan plan(Scene scene, Random random) {
            BrokerProcess one = scene.anyNode(random);
            Direction direction = random.nextBoolean() ? Direction.IN : Direction.OUT;
            return new Plan(List.of(one), List.of(Rule.all(one.name(), direction, addresses(scene.others(one)))));
        }
    },
    /** Two nodes that do not reach each other, while all others reach both. */
    BRIDGE("bridge") {
        @Override
        Plan plan(Scene scene, Random random) {
            BrokerProcess one = scene.anyNode(random);
            List<BrokerProcess> others = scene.others(one);
            BrokerProcess other = others.get(random.nextInt(others.size()));
            return new Plan(
                    List.of(one, other), List.of(Rule.all(one.name(), Direction.BOTH, addresses(List.of(other)))));
        }
    },
    /** A node that is cut off and comes back, again and again. */
    FLAPPING("flapping") {
        @Override
        Plan plan(Scene scene, Random random) {
            return ISOLATE_ONE.plan(scene, random);
        }

        @Override
        void hold(Network network, List<Rule> rules, Random random) {
            int times = (int) Scene.between(random, 3, 5);
            for (int i = 0; i < times; i++) {
                hold(network.breakLinks(rules), Scene.between(random, 1_000, 5_000));
                Scene.hold(Scene.between(random, 1_000, 5_000));
            }
        }
    },
    /** A node without the event bus of the others, while it is a member of the cluster. */
    BUS_PORT("bus-port") {
        @Override
        Plan plan(Scene scene, Random random) {
            return onPort(scene, random, node -> node.ports().bus());
        }
    },
    /** A node without the members of the others, while it is on the event bus. */
    MEMBER_PORT("hazelcast-port") {
        @Override
        Plan plan(Scene scene, Random random) {
            return onPort(scene, random, node -> node.ports().member());
        }
    },
    /** A node of whose packets some are lost, from and to everybody. */
    LOSS("loss") {
        @Override
        Plan plan(Scene scene, Random random) {
            BrokerProcess one = scene.anyNode(random);
            List<String> ends = new ArrayList<>(addresses(scene.others(one)));
            ends.addAll(scene.network().groups());
            double share = Scene.between(random, 5, 20) / 100.0;
            return new Plan(
                    List.of(one),
                    List.of(Rule.all(one.name(), Direction.BOTH, ends).ofShare(share)));
        }

        @Override
        public Set<Facility> needs() {
            return Set.of(Facility.LOSS);
        }
    },
    /** Some clients without a node, in one direction or both. */
    CLIENTS("client-cut") {
        @Override
        Plan plan(Scene scene, Random random) {
            BrokerProcess one = scene.anyNode(random);
            List<String> groups = scene.network().groups();
            Direction direction =
                    List.of(Direction.IN, Direction.OUT, Direction.BOTH).get(random.nextInt(3));
            return new Plan(
                    List.of(one),
                    List.of(Rule.all(one.name(), direction, List.of(groups.get(random.nextInt(groups.size()))))));
        }

        @Override
        public boolean isLight() {
            return true;
        }
    };

    private final String text;

    Cut(String text) {
        this.text = text;
    }

    /** What is to be broken. */
    record Plan(List<BrokerProcess> targets, List<Rule> rules) {}

    /** A port of a node. */
    private interface Port {
        int of(BrokerProcess node);
    }

    abstract Plan plan(Scene scene, Random random);

    @Override
    public String text() {
        return text;
    }

    @Override
    public Set<Facility> needs() {
        return Set.of(Facility.DROP);
    }

    @Override
    public void strike(Scene scene, Random random) {
        Plan plan = plan(scene, random);
        scene.during(text, plan.targets(), () -> hold(scene.network(), plan.rules(), random));
    }

    /** Half of the time for shorter than nodes wait for each other, half of the time for longer. */
    void hold(Network network, List<Rule> rules, Random random) {
        long millis =
                random.nextBoolean() ? Scene.between(random, 2_000, 8_000) : Scene.between(random, 13_000, 20_000);
        hold(network.breakLinks(rules), millis);
    }

    /** Holds a fault for some time, and heals it. */
    static void hold(Network.Fault fault, long millis) {
        try {
            Scene.hold(millis);
        } finally {
            fault.close();
        }
    }

    /** All links between some nodes and some others. */
    static List<Rule> between(List<BrokerProcess> some, List<BrokerProcess> others) {
        return some.stream()
                .map(node -> Rule.all(node.name(), Direction.BOTH, addresses(others)))
                .toList();
    }

    static List<String> addresses(List<BrokerProcess> nodes) {
        return nodes.stream().map(BrokerProcess::host).toList();
    }

    static Plan onPort(Scene scene, Random random, Port port) {
        BrokerProcess one = scene.anyNode(random);
        Rule rule = Rule.all(one.name(), Direction.BOTH, addresses(scene.others(one)));
        return new Plan(List.of(one), List.of(rule.onPort(port.of(one))));
    }
}
