package io.rejoin.chaos.client;

import io.rejoin.chaos.history.History;
import io.vertx.core.Vertx;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.json.JsonObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client has to work with.
 *
 * <p>Threading: immutable, but for the endpoints, which the one loop of all clients changes.
 *
 * @param vertx the loop
 * @param sockets makes connections, from the address of the client's group
 * @param endpoints where it may connect, now
 * @param tokens what it proves itself with; {@code null} when nodes let everybody in
 * @param history gets all that it does and sees
 */
public record Reach(
        Vertx vertx,
        WebSocketClient sockets,
        List<Endpoint> endpoints,
        @Nullable Tokens tokens,
        History history) {

    /** The begin of a connection of a user. */
    JsonObject hello(String user) {
        JsonObject hello = new JsonObject().put("type", "hello");
        return tokens == null ? hello : hello.put("token", tokens.issue(user));
    }
}
