package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.net.DelayRelay;
import io.rejoin.chaos.net.Facility;
import io.rejoin.chaos.net.Network;
import io.rejoin.chaos.net.Redirect;
import io.rejoin.chaos.net.Rule;
import io.rejoin.chaos.net.Rule.Direction;
import io.rejoin.chaos.node.BrokerProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Links that lose nothing and are slow. */
enum Slow implements Nemesis {
    /** All that leaves a node passes a thin link. */
    LINK("slow-link", Facility.SLOW_LINK) {
        @Override
        void strike(Scene scene, BrokerProcess one, Random random) {
            int rate = (int) Scene.between(random, 400, 4_000);
            long millis = Scene.between(random, 6_000, 15_000);
            during(scene, one, () -> {
                Network.Fault slow = scene.network().slow(one.name(), rate);
                Cut.hold(slow, millis);
            });
        }
    },
    /** What passes between a node and the others comes later, each piece by a delay of its own. */
    DELAY("delay", Facility.REDIRECT) {
        @Override
        void strike(Scene scene, BrokerProcess one, Random random) {
            int least = (int) Scene.between(random, 50, 150);
            int most = (int) Scene.between(random, least, 300);
            long millis = Scene.between(random, 8_000, 18_000);
            during(scene, one, () -> {
                Rule all = Rule.all(one.name(), Direction.BOTH, Cut.addresses(scene.others(one)));
                try (DelayRelay relay =
                        new DelayRelay(scene.network().ownAddress(), least, most, new Random(random.nextLong()))) {
                    Network.Fault redirected = scene.network().redirect(through(relay, scene, one));
                    // Connections that exist already come back through the relay.
                    Cut.hold(scene.network().breakLinks(List.of(all.resetting())), RESET_MS);
                    Cut.hold(redirected, millis);
                }
            });
        }
    };

    static final int RESET_MS = 1_500;

    private final String text;
    private final Facility facility;

    Slow(String text, Facility facility) {
        this.text = text;
        this.facility = facility;
    }

    abstract void strike(Scene scene, BrokerProcess one, Random random);

    @Override
    public String text() {
        return text;
    }

    @Override
    public Set<Facility> needs() {
        return Set.of(facility);
    }

    @Override
    public void strike(Scene scene, Random random) {
        strike(scene, scene.anyNode(random), random);
    }

    final void during(Scene scene, BrokerProcess one, Runnable fault) {
        scene.during(text, List.of(one), fault);
    }

    /** Both directions of connecting, on both ports that nodes have for each other. */
    static List<Redirect> through(DelayRelay relay, Scene scene, BrokerProcess one) {
        List<Redirect> redirects = new ArrayList<>();
        for (BrokerProcess other : scene.others(one)) {
            for (int port : new int[] {one.ports().member(), one.ports().bus()}) {
                redirects.add(new Redirect(one.name(), other.host(), port, relay.to(other.host(), port)));
                redirects.add(new Redirect(other.name(), one.host(), port, relay.to(one.host(), port)));
            }
        }
        return redirects;
    }
}
