package io.rejoin.ops;

import io.rejoin.room.RoomClass;
import io.rejoin.room.RoomPolicies;
import io.rejoin.room.RoomPolicy;
import io.rejoin.value.ByteSize;
import io.vertx.core.json.JsonObject;
import java.time.Duration;

/**
 * The policies of rooms as they would stand in the configuration, every value given; what means nothing to a class is left out.
 *
 * <p>Threading: thread-safe, stateless.
 */
final class PolicyPage {

    private PolicyPage() {}

    static JsonObject of(RoomPolicies policies) {
        JsonObject namespaces = new JsonObject();
        policies.namespaces().forEach(one -> namespaces.put(one.prefix(), policy(one.policy())));
        return new JsonObject().put("room", policy(policies.fallback())).put("rooms", namespaces);
    }

    private static JsonObject policy(RoomPolicy policy) {
        JsonObject page = new JsonObject().put("class", policy.roomClass().text());
        if (policy.roomClass() != RoomClass.EPHEMERAL) {
            page.put("history-count", policy.historyCount())
                    .put("history-bytes", new ByteSize(policy.historyBytes()).toString())
                    .put("history-age", text(policy.historyAge()))
                    .put("publishers", policy.publishers())
                    .put("slow-consumer-grace", text(policy.slowConsumerGrace()))
                    .put("slow-consumer-action", policy.slowConsumerAction().text());
        }
        if (policy.roomClass() == RoomClass.CONFLATED) {
            page.put("conflation-interval", text(policy.conflationInterval()));
        }
        return page.put("members", policy.members())
                .put("publish-rate", policy.publishRate())
                .put("publish", policy.publishRight().text())
                .put("presence", policy.presence());
    }

    private static String text(Duration duration) {
        long ms = duration.toMillis();
        return ms % 1_000 == 0 ? ms / 1_000 + "s" : ms + "ms";
    }
}
