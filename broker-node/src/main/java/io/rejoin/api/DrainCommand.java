package io.rejoin.api;

import io.vertx.core.Future;
import io.vertx.core.json.JsonObject;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /v1/drain} with an empty object: the node leaves, as on SIGTERM. It answers at once, with the number of clients that it
 * has to send elsewhere; progress is told by the log and {@code rejoin_connections}.
 *
 * <p>Threading: thread-safe.
 *
 * @see <a href="docs/operations.md">leaving</a>
 */
public final class DrainCommand implements ApiServer.Command {

    /** Where it is found. */
    public static final String PATH = "/v1/drain";

    private static final Logger LOG = LoggerFactory.getLogger(DrainCommand.class);

    private final IntSupplier clients;
    private final Runnable drain;

    /**
     * Creates the command.
     *
     * @param clients how many are connected
     * @param drain begins to leave and returns at once; further calls do nothing
     */
    public DrainCommand(IntSupplier clients, Runnable drain) {
        this.clients = clients;
        this.drain = drain;
    }

    @Override
    public Future<JsonObject> run(JsonObject body) throws BadRequestException {
        if (!body.isEmpty()) {
            throw new BadRequestException("members=" + body.fieldNames() + " (expected: an empty object)");
        }
        int left = clients.getAsInt();
        LOG.info("asked to drain clients={}", left);
        drain.run();
        return Future.succeededFuture(new JsonObject().put("clients", left));
    }
}
