package io.rejoin.flow;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.ToLongFunction;

/**
 * A bucket for each key that was used lately.
 *
 * <p>A full bucket is as good as none, so those that have filled up again are forgotten, and whoever leaves and comes back finds the bucket
 * as it was left.
 *
 * <p>Threading: thread-safe. Limits: twice the keys used within the time in which a bucket fills, and {@value #FEW}.
 *
 * @param <K> with equality
 */
public final class TokenBuckets<K> {

    private static final int FEW = 256;

    private final Ticker ticker;
    private final Map<K, TokenBucket> buckets = new ConcurrentHashMap<>();
    private final AtomicBoolean sweeping = new AtomicBoolean();
    private volatile int sweepAbove = FEW;

    /** Creates a table without buckets. */
    public TokenBuckets(Ticker ticker) {
        this.ticker = ticker;
    }

    /**
     * As {@link TokenBucket#take}, from the key's bucket.
     *
     * @param rate of the bucket, when it is a new one
     */
    public long take(K key, TokenBucket.Rate rate, long amount) {
        return onBucket(key, rate, bucket -> bucket.take(amount));
    }

    /**
     * As {@link TokenBucket#spend}, from the key's bucket.
     *
     * @param rate of the bucket, when it is a new one
     */
    public long spend(K key, TokenBucket.Rate rate, long amount) {
        return onBucket(key, rate, bucket -> bucket.spend(amount));
    }

    /** Puts back what was taken and not used. */
    public void giveBack(K key, long amount) {
        buckets.computeIfPresent(key, (same, bucket) -> {
            bucket.giveBack(amount);
            return bucket;
        });
    }

    /** Buckets that are not forgotten yet. */
    public int size() {
        return buckets.size();
    }

    private long onBucket(K key, TokenBucket.Rate rate, ToLongFunction<TokenBucket> action) {
        if (!rate.isLimit()) {
            return 0;
        }
        long[] answer = {0};
        // Within the map's own step, so that no bucket is forgotten while something is taken from it.
        buckets.compute(key, (same, known) -> {
            TokenBucket bucket = known == null ? new TokenBucket(rate, ticker) : known;
            answer[0] = action.applyAsLong(bucket);
            return bucket;
        });
        // Looked at again behind each sweep: who added meanwhile saw that somebody sweeps, and went on.
        while (buckets.size() > sweepAbove && sweeping.compareAndSet(false, true)) {
            sweep();
            sweeping.set(false);
        }
        return answer[0];
    }

    private void sweep() {
        int kept = 0;
        for (K key : buckets.keySet()) {
            TokenBucket left = buckets.computeIfPresent(key, (same, bucket) -> bucket.isFull() ? null : bucket);
            kept += left == null ? 0 : 1;
        }
        // Not the size, which has what was added meanwhile: a sweep that was interrupted for long would put off the
        // next one.
        sweepAbove = Math.max(FEW, 2 * kept);
    }
}
