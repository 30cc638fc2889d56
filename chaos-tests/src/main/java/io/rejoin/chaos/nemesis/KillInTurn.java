package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.history.History;
import io.rejoin.chaos.history.Op;
import io.rejoin.chaos.node.BrokerProcess;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * Kills every node with SIGKILL, one after the other in random order, in each round; between two kills the killed node is started
 * again and the run waits until all is safe.
 *
 * <p>Threading: one thread, which it holds up. The same seed makes the same schedule.
 */
public final class KillInTurn {

    private static final Duration START_LIMIT = Duration.ofSeconds(60);
    private static final int QUIET_MIN_MS = 1_000;
    private static final int DOWN_MIN_MS = 500;
    private static final int SPREAD_MS = 2_500;

    private final List<BrokerProcess> nodes;
    private final History history;
    private final Random random;
    private final IntSupplier inFlight;
    private final Consumer<String> awaitSafe;
    private int faults;

    /**
     * Plans the kills.
     *
     * @param inFlight publishes without outcome, now
     * @param awaitSafe returns when another kill is within what the cluster tolerates; gets what it is waited for
     */
    public KillInTurn(
            List<BrokerProcess> nodes,
            History history,
            Random random,
            IntSupplier inFlight,
            Consumer<String> awaitSafe) {
        this.nodes = List.copyOf(nodes);
        this.history = history;
        this.random = random;
        this.inFlight = inFlight;
        this.awaitSafe = awaitSafe;
    }

    /** One round: each node once. */
    public void round() {
        List<BrokerProcess> order = new ArrayList<>(nodes);
        Collections.shuffle(order, random);
        for (BrokerProcess node : order) {
            pause(QUIET_MIN_MS + random.nextInt(SPREAD_MS));
            int id = ++faults;
            history.add(at -> new Op.FaultStart(at, id, "kill", List.of(node.name()), inFlight.getAsInt()));
            node.kill();
            pause(DOWN_MIN_MS + random.nextInt(SPREAD_MS));
            node.start();
            node.awaitReady(START_LIMIT);
            history.add(at -> new Op.FaultEnd(at, id, "kill", List.of(node.name())));
            awaitSafe.accept("after the kill of " + node.name());
        }
    }

    /** The schedule's own time; nothing is expected of it. */
    private static void pause(int millis) {
        long end = System.nanoTime() + millis * 1_000_000L;
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            if (Thread.currentThread().isInterrupted()) {
                throw new IllegalStateException("interrupted during the schedule");
            }
        }
    }
}
