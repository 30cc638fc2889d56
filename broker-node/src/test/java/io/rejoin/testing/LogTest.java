package io.rejoin.testing;

import io.rejoin.protocol.Payload;
import io.rejoin.room.Draft;
import io.rejoin.value.PublisherId;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import io.vertx.core.Future;

/** What tests of logs write and wait with. */
public abstract class LogTest {

    /** Waits for a future and gives its result. */
    public static <T> T await(Future<T> future) {
        Await.until(future::isComplete, () -> "future is not complete");
        if (future.failed()) {
            throw new AssertionError("future failed", future.cause());
        }
        return future.result();
    }

    /** A durable publish. */
    protected static Draft draft(String session, long number, long first, String json) {
        return new Draft(
                new SessionId(session),
                new PublisherId("p-" + session),
                new UserId("user-" + session),
                number,
                first,
                Payload.ofJson(json),
                null);
    }

    /** A number given up. */
    protected static Draft skip(String session, long number, long first) {
        return new Draft(new SessionId(session), new PublisherId("p-" + session), null, number, first, null, null);
    }
}
