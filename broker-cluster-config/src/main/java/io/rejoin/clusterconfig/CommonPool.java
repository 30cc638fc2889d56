package io.rejoin.clusterconfig;

import java.util.concurrent.ForkJoinPool;

/**
 * The start-up check for a JVM in which Hazelcast would start a thread per completed call.
 *
 * <p>On two processors or fewer the common pool has a parallelism of one, and Hazelcast then runs every completion on a new thread: a
 * sixtieth of the throughput. The launcher sets the property that prevents it.
 */
public final class CommonPool {

    /** The system property that sets the pool's parallelism. */
    public static final String PROPERTY = "java.util.concurrent.ForkJoinPool.common.parallelism";

    private static final int LEAST = 2;

    private CommonPool() {}

    /**
     * Refuses a JVM whose common pool is too small.
     *
     * @throws IllegalStateException with the property that has to be set
     */
    public static void check() {
        check(ForkJoinPool.getCommonPoolParallelism());
    }

    static void check(int parallelism) {
        if (parallelism < LEAST) {
            throw new IllegalStateException("common pool parallelism=" + parallelism + " (expected: at least " + LEAST
                    + "); start the JVM with -D" + PROPERTY + "=3, as bin/rejoin-node does");
        }
    }
}
