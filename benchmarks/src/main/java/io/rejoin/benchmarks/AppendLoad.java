package io.rejoin.benchmarks;

import io.rejoin.protocol.Payload;
import io.rejoin.room.AppendResult;
import io.rejoin.room.Draft;
import io.rejoin.room.DraftOutcome;
import io.rejoin.room.RoomLog;
import io.rejoin.value.PublisherId;
import io.rejoin.value.RoomId;
import io.rejoin.value.SessionId;
import io.vertx.core.AsyncResult;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * Appends to many rooms, a fixed number of calls in flight, at most one per room: as a node's group commit does.
 *
 * <p>Threading: event loop; {@link #run} may be called from any thread.
 */
final class AppendLoad {

    private static final int PAYLOAD_BYTES = 128;
    private static final long RETRY_MS = 50;

    private final Context context;
    private final Vertx vertx;
    private final RoomLog log;
    private final List<RoomLoad> rooms = new ArrayList<>();
    private final Payload payload = Payload.ofJson('"' + "x".repeat(PAYLOAD_BYTES - 2) + '"');

    /**
     * How a run went.
     *
     * @param appends calls that were settled
     * @param publications publications in them
     * @param retries calls that were not settled and repeated
     * @param latency from call to settled, in microseconds
     */
    record Result(long appends, long publications, long retries, Histogram latency) {}

    AppendLoad(Vertx vertx, RoomLog log, String member, int rooms) {
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.log = log;
        for (int i = 0; i < rooms; i++) {
            this.rooms.add(new RoomLoad(new RoomId("room-" + i), new SessionId(member + "-" + i)));
        }
    }

    /**
     * Appends for some time.
     *
     * @param batch publications per call
     * @param inflight calls in flight, at most as many as there are rooms
     */
    Future<Result> run(int batch, int inflight, Duration time) {
        Promise<Result> done = Promise.promise();
        context.runOnContext(v -> {
            Run run = new Run(batch, System.nanoTime() + time.toNanos(), done);
            int slots = Math.min(inflight, rooms.size());
            run.open = slots;
            for (int slot = 0; slot < slots; slot++) {
                run.next(slot, slots, slot);
            }
        });
        return done.future();
    }

    private final class Run {
        private final int batch;
        private final long endNanos;
        private final Promise<Result> done;
        private final Histogram latency = Histograms.create();
        private int open;
        private long appends;
        private long retries;

        Run(int batch, long endNanos, Promise<Result> done) {
            this.batch = batch;
            this.endNanos = endNanos;
            this.done = done;
        }

        /** A slot goes round its own share of the rooms, so that no room has two calls of this member in flight. */
        void next(int slot, int slots, int room) {
            if (System.nanoTime() >= endNanos) {
                if (--open == 0) {
                    done.complete(new Result(appends, appends * batch, retries, latency));
                }
                return;
            }
            RoomLoad load = rooms.get(room);
            int following = room + slots < rooms.size() ? room + slots : slot;
            append(load, load.drafts(batch), System.nanoTime(), () -> next(slot, slots, following));
        }

        private void append(RoomLoad load, List<Draft> drafts, long startNanos, Runnable then) {
            log.append(load.room, drafts).onComplete(answer -> {
                if (!settled(answer)) {
                    retries++;
                    vertx.setTimer(RETRY_MS, t -> append(load, drafts, startNanos, then));
                    return;
                }
                appends++;
                Histograms.record(latency, System.nanoTime() - startNanos);
                then.run();
            });
        }

        private boolean settled(AsyncResult<AppendResult> answer) {
            if (!(answer.result() instanceof AppendResult.Settled settled)) {
                return false;
            }
            for (DraftOutcome outcome : settled.outcomes()) {
                if (!(outcome instanceof DraftOutcome.Applied || outcome instanceof DraftOutcome.Duplicate)) {
                    throw new IllegalStateException("outcome: " + outcome + " (expected: applied)");
                }
            }
            return true;
        }
    }

    private final class RoomLoad {
        final RoomId room;
        private final SessionId session;
        private final PublisherId publisher;
        private long number;

        RoomLoad(RoomId room, SessionId session) {
            this.room = room;
            this.session = session;
            this.publisher = new PublisherId("p-" + session);
        }

        List<Draft> drafts(int count) {
            List<Draft> drafts = new ArrayList<>(count);
            long first = number + 1;
            for (int i = 0; i < count; i++) {
                drafts.add(new Draft(session, publisher, null, ++number, first, payload, null));
            }
            return drafts;
        }
    }
}
