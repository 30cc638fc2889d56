package io.rejoin.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client got of one room: publications and gaps that follow one another without a hole.
 *
 * <p>Threading: confined to the test's thread.
 */
public final class MemberView {

    private final List<JsonObject> publications = new ArrayList<>();
    private final List<String> gaps = new ArrayList<>();
    private String epoch;
    private long end;

    private MemberView(JsonObject start) {
        this.epoch = start.getString("epoch", "");
        this.end = start.getLong("offset");
    }

    /**
     * Reads what a client has received so far, with the gap in the answer to its join.
     *
     * @param start the position that the client asked for, or was told to begin at
     * @throws AssertionError when something is missing, repeated or out of order
     */
    public static MemberView of(TestClient client, String room, JsonObject start) {
        MemberView view = new MemberView(start);
        for (JsonObject frame : client.frames()) {
            view.take(frame, room);
        }
        return view;
    }

    /** Waits until a client has got, or was told that it does not get, everything up to an offset. */
    public static void awaitEnd(TestClient client, String room, JsonObject start, long offset) {
        Await.until(
                () -> of(client, room, start).end() >= offset,
                () -> "end=" + of(client, room, start).end() + " (expected: " + offset + ") open=" + client.isOpen()
                        + " code=" + client.closeReason());
    }

    private void take(JsonObject frame, String room) {
        JsonArray joined = frame.getJsonArray("rooms");
        if (joined != null) {
            joined.forEach(each -> take((JsonObject) each, room));
        } else if (room.equals(frame.getString("room"))) {
            takeOwn(frame);
        }
    }

    private void takeOwn(JsonObject frame) {
        JsonObject gap = "gap".equals(frame.getString("type")) ? frame : frame.getJsonObject("gap");
        if (gap != null) {
            takeGap(gap, frame.getJsonObject("position"));
        } else if (frame.getLong("offset") != null) {
            assertThat(frame.getLong("offset")).as("after %d: %s", end, gaps).isEqualTo(end + 1);
            epoch = frame.getString("epoch", epoch);
            publications.add(frame);
            end++;
        }
    }

    private void takeGap(JsonObject gap, JsonObject goOn) {
        assertThat(gap.getLong("from")).as("gap after %d: %s", end, gap).isEqualTo(end + 1);
        assertThat(gap.getLong("to")).isEqualTo(goOn.getLong("offset"));
        gaps.add(gap.getString("reason") + " " + gap.getLong("from") + ".." + gap.getLong("to"));
        epoch = goOn.getString("epoch");
        end = gap.getLong("to");
    }

    /** Publications, in order. */
    public List<JsonObject> publications() {
        return publications;
    }

    /** Offsets of the publications. */
    public List<Long> offsets() {
        return publications.stream().map(frame -> frame.getLong("offset")).toList();
    }

    /** Gaps as {@code reason from..to}. */
    public List<String> gaps() {
        return gaps;
    }

    /** The newest publication of a key, or {@code null}. */
    public @Nullable JsonObject newest(String key) {
        JsonObject newest = null;
        for (JsonObject frame : publications) {
            newest = key.equals(frame.getString("key")) ? frame : newest;
        }
        return newest;
    }

    /** The offset up to which everything is known. */
    public long end() {
        return end;
    }

    /** Where a client that got this goes on. */
    public JsonObject position() {
        return new JsonObject().put("epoch", epoch).put("offset", end);
    }
}
