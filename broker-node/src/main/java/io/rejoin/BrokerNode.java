package io.rejoin;

import com.hazelcast.core.HazelcastInstance;
import io.rejoin.cluster.ClusterRuntime;
import io.rejoin.config.BrokerConfig;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One node, from start to stop.
 *
 * <p>A node that was cut off and has joined again is another member of the cluster: everything above its Hazelcast member is then
 * ended and made anew, so that nothing it knew before survives.
 *
 * <p>Threading: thread-safe. Failure: a start that fails leaves nothing behind.
 */
public final class BrokerNode implements NodeCommand.Node {

    private static final Logger LOG = LoggerFactory.getLogger(BrokerNode.class);

    private final String name;
    private final Wiring wiring;
    private final HazelcastInstance member;
    private Future<Incarnation> incarnation;
    private boolean stopping;
    private volatile Runnable whenAskedToLeave;
    private final Incarnation.Owner owner = new Incarnation.Owner() {
        @Override
        public void onRejoined() {
            startAnew();
        }

        @Override
        public void onDrainAsked() {
            whenAskedToLeave.run();
        }
    };

    private BrokerNode(String name, Wiring wiring, HazelcastInstance member) {
        this.name = name;
        this.wiring = wiring;
        this.member = member;
        this.whenAskedToLeave =
                () -> stop(wiring.drainLimit()).onFailure(failed -> LOG.error("not stopped gracefully", failed));
        this.incarnation = wiring.startIncarnation(member, owner);
    }

    /**
     * Starts a node; blocks while its member joins the cluster.
     *
     * @return the node, once it takes clients: not before it sees a majority of the planned members and has its copies
     */
    public static Future<BrokerNode> start(BrokerConfig config) {
        Wiring wiring = new Wiring(config);
        HazelcastInstance member;
        try {
            member = wiring.startMember();
        } catch (RuntimeException refused) {
            return Future.failedFuture(refused);
        }
        BrokerNode node = new BrokerNode(config.nodeName(), wiring, member);
        return node.current()
                .compose(Incarnation::ready)
                .map(ready -> node)
                .onFailure(failed -> ClusterRuntime.terminate(member));
    }

    @Override
    public String summary() {
        return "node=" + name + " client=" + clientPort() + " ops=" + opsPort() + " members=" + members();
    }

    /** Port of the client listener. */
    public int clientPort() {
        return now().clientPort();
    }

    /** Port of the api listener; 0 when there is none. */
    public int apiPort() {
        return now().apiPort();
    }

    /** Port of the ops listener. */
    public int opsPort() {
        return now().opsPort();
    }

    /** Members that this node sees. */
    public int members() {
        return now().members();
    }

    /** The Vert.x of this node's present incarnation. */
    public Vertx vertx() {
        return now().vertx();
    }

    /**
     * Leaves gently: clients first, then the bus, then the member, which hands its partitions over.
     *
     * @param limit how long clients may take to close
     */
    @Override
    public Future<Void> stop(Duration limit) {
        return end(current -> current.drain(limit))
                .transform(ended -> Wiring.onOwnThread("rejoin-leave", () -> ClusterRuntime.leave(member)))
                .onComplete(left -> wiring.metrics().close());
    }

    @Override
    public void onAskedToLeave(Runnable leave) {
        whenAskedToLeave = leave;
    }

    /** Ends at once, as a crash would: nobody is told. */
    public Future<Void> kill() {
        ClusterRuntime.terminate(member);
        return end(Incarnation::kill).onComplete(ended -> wiring.metrics().close());
    }

    private synchronized Future<Incarnation> current() {
        return incarnation;
    }

    private Incarnation now() {
        Incarnation current = current().result();
        if (current == null) {
            throw new IllegalStateException("node takes no clients now (expected: started)");
        }
        return current;
    }

    private synchronized Future<Void> end(Function<Incarnation, Future<Void>> how) {
        stopping = true;
        Promise<Void> ended = Promise.promise();
        incarnation.onSuccess(current -> how.apply(current).onComplete(ended)).onFailure(ended::fail);
        return ended.future();
    }

    private synchronized void startAnew() {
        if (stopping) {
            return;
        }
        LOG.warn("starting anew after a split");
        Future<Incarnation> former = incarnation;
        Promise<Incarnation> next = Promise.promise();
        incarnation = next.future();
        former.onFailure(next::fail)
                .onSuccess(opened -> opened.abandon()
                        .onComplete(ended -> wiring.startIncarnationAgain(member, owner)
                                .onSuccess(again -> again.ready()
                                        .onSuccess(ready -> LOG.info("ready again members={}", again.members())))
                                .onFailure(failed -> LOG.error("node could not start anew; restart it", failed))
                                .onComplete(next)));
    }
}
