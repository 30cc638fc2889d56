package io.rejoin.cluster;

import com.hazelcast.spi.exception.RetryableHazelcastException;
import io.rejoin.flow.Ticker;
import io.rejoin.testing.Await;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Ticks of one member, which stand still unless a test moves them, and which can hold up whoever asks for them: processors do once the
 * gate has let them through, and before they change anything.
 *
 * <p>Threading: thread-safe.
 */
final class MemberTicks implements Ticker {

    private final AtomicLong millis = new AtomicLong(1_000_000);
    private volatile CountDownLatch held = new CountDownLatch(0);
    private volatile boolean reached;

    @Override
    public long millis() {
        CountDownLatch now = held;
        if (now.getCount() > 0) {
            reached = true;
            awaitRelease(now);
        }
        return millis.get();
    }

    private static void awaitRelease(CountDownLatch held) {
        try {
            if (!held.await(Await.LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("was never released");
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new RetryableHazelcastException("stopped while held", stopped);
        }
    }

    /** Lets time pass. */
    void advance(long moreMillis) {
        millis.addAndGet(moreMillis);
    }

    /** Holds up whoever asks from now on. */
    void hold() {
        reached = false;
        held = new CountDownLatch(1);
    }

    /** Whether somebody is held up. */
    boolean isHolding() {
        return reached;
    }

    /** Lets them go on. */
    void release() {
        held.countDown();
    }
}
