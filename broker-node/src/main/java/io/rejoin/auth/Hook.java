package io.rejoin.auth;

import io.vertx.core.Future;
import java.nio.ByteBuffer;

/**
 * A server of the application that decides who a client is.
 *
 * <p>Laws: (1) returns at once; (2) the future ends within {@link HookConfig#timeout}; (3) it fails when there was no answer of at most
 * {@link #MAX_BYTES}, with a message that holds nothing of the question and of the answer.
 *
 * <p>Threading: thread-safe; futures complete on any thread.
 */
@FunctionalInterface
public interface Hook {

    /** Most bytes of an answer. */
    int MAX_BYTES = 64 << 10;

    /**
     * Asks.
     *
     * @param question a JSON text
     */
    Future<Answer> ask(byte[] question);

    /**
     * What the server answered.
     *
     * @param status of HTTP
     * @param body a JSON text when the status is 200; read once
     */
    record Answer(int status, ByteBuffer body) {

        @Override
        public String toString() {
            return "Answer[status=" + status + ", bytes=" + body.remaining() + "]";
        }
    }
}
