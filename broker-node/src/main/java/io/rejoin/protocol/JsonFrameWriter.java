package io.rejoin.protocol;

import static io.rejoin.protocol.JsonWriter.encodeName;

import io.rejoin.protocol.ServerFrame.Ack;
import io.rejoin.protocol.ServerFrame.Failure;
import io.rejoin.protocol.ServerFrame.Gap;
import io.rejoin.protocol.ServerFrame.GapRange;
import io.rejoin.protocol.ServerFrame.GoAway;
import io.rejoin.protocol.ServerFrame.HistoryPage;
import io.rejoin.protocol.ServerFrame.Joined;
import io.rejoin.protocol.ServerFrame.JoinedResult;
import io.rejoin.protocol.ServerFrame.JoinedResult.Failed;
import io.rejoin.protocol.ServerFrame.JoinedResult.Gapped;
import io.rejoin.protocol.ServerFrame.JoinedResult.Live;
import io.rejoin.protocol.ServerFrame.JoinedResult.Resumed;
import io.rejoin.protocol.ServerFrame.Left;
import io.rejoin.protocol.ServerFrame.Ping;
import io.rejoin.protocol.ServerFrame.Pong;
import io.rejoin.protocol.ServerFrame.Published;
import io.rejoin.protocol.ServerFrame.Refreshed;
import io.rejoin.protocol.ServerFrame.Welcome;
import io.rejoin.value.Epoch;
import io.rejoin.value.Position;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Writes server frames as JSON, members in the order of the contract's tables.
 *
 * <p>Optional members are left out when they are {@code null} or 0.
 *
 * <p>Threading: confined to one encode.
 *
 * @see <a href="docs/protocol.md">Frame tables</a>
 */
final class JsonFrameWriter {

    private static final int SIZE_HINT = 256;
    private static final int PAGE_HINT = 4096;

    private static final byte[] TYPE = encodeName("type");
    private static final byte[] REF = encodeName("ref");
    private static final byte[] ROOM = encodeName("room");
    private static final byte[] ROOMS = encodeName("rooms");
    private static final byte[] SESSION = encodeName("session");
    private static final byte[] ID = encodeName("id");
    private static final byte[] SECRET = encodeName("secret");
    private static final byte[] PUBLISHER = encodeName("publisher");
    private static final byte[] RESUMED = encodeName("resumed");
    private static final byte[] WINDOW = encodeName("window");
    private static final byte[] NODE = encodeName("node");
    private static final byte[] HEARTBEAT = encodeName("heartbeat");
    private static final byte[] INTERVAL = encodeName("interval");
    private static final byte[] TIMEOUT = encodeName("timeout");
    private static final byte[] LIMITS = encodeName("limits");
    private static final byte[] MESSAGE = encodeName("message");
    private static final byte[] INFLIGHT = encodeName("inflight");
    private static final byte[] REFRESH_AFTER = encodeName("refreshAfter");
    private static final byte[] AFTER = encodeName("after");
    private static final byte[] DEADLINE = encodeName("deadline");
    private static final byte[] POSITION = encodeName("position");
    private static final byte[] EPOCH = encodeName("epoch");
    private static final byte[] OFFSET = encodeName("offset");
    private static final byte[] OUTCOME = encodeName("outcome");
    private static final byte[] GAP = encodeName("gap");
    private static final byte[] REASON = encodeName("reason");
    private static final byte[] FROM = encodeName("from");
    private static final byte[] TO = encodeName("to");
    private static final byte[] ERROR = encodeName("error");
    private static final byte[] CODE = encodeName("code");
    private static final byte[] RETRYABLE = encodeName("retryable");
    private static final byte[] RETRY_AFTER = encodeName("retryAfter");
    private static final byte[] EXPECTED = encodeName("expected");
    private static final byte[] TIME = encodeName("time");
    private static final byte[] DATA = encodeName("data");
    private static final byte[] KEY = encodeName("key");
    private static final byte[] NUMBER = encodeName("number");
    private static final byte[] PUBLICATIONS = encodeName("publications");
    private static final byte[] MORE = encodeName("more");

    private final JsonWriter json;

    private JsonFrameWriter(JsonWriter json) {
        this.json = json;
    }

    /** Writes one frame. */
    static EncodedFrame write(ServerFrame frame) {
        JsonWriter json = new JsonWriter(sizeHint(frame));
        new JsonFrameWriter(json).frame(frame);
        return new EncodedFrame(json.toBytes());
    }

    private static int sizeHint(ServerFrame frame) {
        if (frame instanceof Published published) {
            return SIZE_HINT + published.data().size();
        }
        return frame instanceof HistoryPage || frame instanceof Welcome ? PAGE_HINT : SIZE_HINT;
    }

    private void frame(ServerFrame frame) {
        if (frame instanceof Published published) {
            published(published);
        } else if (frame instanceof Ack ack) {
            ack(ack);
        } else if (frame instanceof Welcome welcome) {
            welcome(welcome);
        } else if (frame instanceof Joined joined) {
            joined(joined);
        } else if (frame instanceof Gap gap) {
            gap(gap);
        } else if (frame instanceof Left left) {
            left(left);
        } else if (frame instanceof HistoryPage page) {
            history(page);
        } else if (frame instanceof Refreshed refreshed) {
            begin("refreshed");
            ref(refreshed.ref());
            json.name(REFRESH_AFTER).number(refreshed.refreshAfterMs()).endObject();
        } else if (frame instanceof Ping ping) {
            begin("ping").name(TIME).number(ping.timeMs()).endObject();
        } else if (frame instanceof Pong pong) {
            begin("pong").name(TIME).number(pong.timeMs()).endObject();
        } else if (frame instanceof GoAway goAway) {
            begin("goaway").name(AFTER).number(goAway.afterMs());
            json.name(DEADLINE).number(goAway.deadlineMs());
            json.name(REASON).text(goAway.reason()).endObject();
        } else if (frame instanceof Failure failure) {
            failure(failure);
        } else {
            throw new IllegalArgumentException(
                    frame.getClass().getSimpleName() + " has no JSON form (expected: a frame of the contract)");
        }
    }

    private void welcome(Welcome welcome) {
        begin("welcome");
        json.name(SESSION).beginObject();
        json.name(ID).text(welcome.session());
        json.name(SECRET).text(welcome.secret());
        json.name(PUBLISHER).text(welcome.publisher().value());
        json.name(RESUMED).flag(welcome.resumed());
        json.name(WINDOW).number(welcome.windowMs());
        json.endObject();
        json.name(NODE).text(welcome.node());
        json.name(HEARTBEAT).beginObject();
        json.name(INTERVAL).number(welcome.heartbeatIntervalMs());
        json.name(TIMEOUT).number(welcome.heartbeatTimeoutMs());
        json.endObject();
        json.name(LIMITS).beginObject();
        json.name(MESSAGE).number(welcome.limits().message());
        json.name(ROOMS).number(welcome.limits().rooms());
        json.name(INFLIGHT).number(welcome.limits().inflight());
        json.endObject();
        numberUnlessZero(REFRESH_AFTER, welcome.refreshAfterMs());
        json.name(ROOMS).beginArray();
        welcome.rooms().forEach(this::joined);
        json.endArray();
        json.endObject();
    }

    private void joined(Joined joined) {
        begin("joined");
        JoinedResult result = joined.result();
        if (result instanceof Failed failed) {
            json.name(ROOM).text(joined.room().name());
            json.name(ERROR).beginObject();
            error(failed.code(), failed.message(), failed.retryAfterMs());
            json.endObject();
        } else {
            ref(joined.ref());
            json.name(ROOM).text(joined.room().name());
            if (result instanceof Live live) {
                outcome(live.position(), "live");
            } else if (result instanceof Resumed resumed) {
                outcome(resumed.position(), "resumed");
            } else if (result instanceof Gapped gapped) {
                outcome(gapped.position(), "gap");
                range(gapped.gap());
            }
        }
        json.endObject();
    }

    private void outcome(Position position, String outcome) {
        position(position);
        json.name(OUTCOME).text(outcome);
    }

    private void range(GapRange gap) {
        json.name(GAP).beginObject();
        numberUnlessZero(FROM, gap.from());
        numberUnlessZero(TO, gap.to());
        json.name(REASON).text(gap.reason().text());
        json.endObject();
    }

    private void gap(Gap gap) {
        begin("gap");
        json.name(ROOM).text(gap.room().name());
        json.name(REASON).text(gap.range().reason().text());
        numberUnlessZero(FROM, gap.range().from());
        numberUnlessZero(TO, gap.range().to());
        position(gap.position());
        json.endObject();
    }

    private void published(Published published) {
        begin("publication");
        json.name(ROOM).text(published.room().name());
        numberUnlessZero(OFFSET, published.offset());
        Epoch epoch = published.epoch();
        if (epoch != null) {
            json.name(EPOCH).text(epoch.toString());
        }
        json.name(TIME).number(published.timeMs());
        json.name(DATA).raw(published.data().json());
        if (published.key() != null) {
            json.name(KEY).text(published.key());
        }
        if (published.from() != null) {
            json.name(FROM).text(published.from().value());
        }
        if (published.publisher() != null) {
            json.name(PUBLISHER).text(published.publisher().value());
        }
        numberUnlessZero(NUMBER, published.number());
        json.endObject();
    }

    private void ack(Ack ack) {
        begin("ack");
        ref(ack.ref());
        json.name(ROOM).text(ack.room().name());
        json.name(NUMBER).number(ack.number());
        if (ack.position() != null) {
            position(ack.position());
        }
        json.endObject();
    }

    private void left(Left left) {
        begin("left");
        ref(left.ref());
        json.name(ROOM).text(left.room().name());
        if (left.code() != null) {
            json.name(CODE).text(left.code().text());
        }
        json.endObject();
    }

    private void history(HistoryPage page) {
        begin("history");
        ref(page.ref());
        json.name(ROOM).text(page.room().name());
        json.name(PUBLICATIONS).beginArray();
        page.publications().forEach(this::published);
        json.endArray();
        position(page.position());
        json.name(MORE).flag(page.more());
        if (page.gap() != null) {
            range(page.gap());
        }
        json.endObject();
    }

    private void failure(Failure failure) {
        begin("error");
        ref(failure.ref());
        if (failure.room() != null) {
            json.name(ROOM).text(failure.room());
        }
        numberUnlessZero(NUMBER, failure.number());
        error(failure.code(), failure.message(), failure.retryAfterMs());
        numberUnlessZero(EXPECTED, failure.expected());
        json.endObject();
    }

    private void error(ErrorCode code, String message, long retryAfterMs) {
        json.name(CODE).text(code.text());
        json.name(MESSAGE).text(message);
        json.name(RETRYABLE).flag(code.isRetryable());
        numberUnlessZero(RETRY_AFTER, retryAfterMs);
    }

    private JsonWriter begin(String type) {
        return json.beginObject().name(TYPE).text(type);
    }

    private void ref(@Nullable Ref ref) {
        if (ref != null) {
            json.name(REF).raw(ref.json().getBytes(StandardCharsets.UTF_8));
        }
    }

    private void position(Position position) {
        json.name(POSITION).beginObject();
        if (!position.epoch().equals(Epoch.NONE)) {
            json.name(EPOCH).text(position.epoch().toString());
        }
        json.name(OFFSET).number(position.offset()).endObject();
    }

    private void numberUnlessZero(byte[] name, long number) {
        if (number != 0) {
            json.name(name).number(number);
        }
    }
}
