package io.rejoin.protocol;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.rejoin.protocol.ClientFrame.RoomRequest;
import io.rejoin.protocol.ClientFrame.SessionClaim;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one JSON object of a client has of the members that the contract names: for each its value, or what is wrong with it.
 *
 * <p>A fault is kept until somebody asks for the member, because a member that the frame's type does not have is ignored, and because
 * {@code ref} may stand behind the fault. Of a name that comes twice the last one counts.
 *
 * <p>Threading: confined to one decode.
 */
final class JsonMembers {

    private static final int HISTORY_LIMIT_DEFAULT = 100;

    private final Map<JsonMember, Object> values = new EnumMap<>(JsonMember.class);

    /**
     * Reads an object up to its end.
     *
     * @param values the parser stands on the start of the object
     * @throws IOException when the text is not JSON or too deep
     */
    static JsonMembers read(JsonValues values) throws IOException {
        JsonMembers members = new JsonMembers();
        JsonParser parser = values.parser();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            JsonMember member = JsonMember.of(parser.currentName());
            parser.nextToken();
            if (member == null) {
                parser.skipChildren();
            } else {
                members.values.put(member, values.read(member));
            }
        }
        return members;
    }

    /** The type, or {@code null} when there is none or it is no string. */
    @Nullable
    String type() {
        return values.get(JsonMember.TYPE) instanceof String type ? type : null;
    }

    /** The ref when it is usable. */
    @Nullable
    Ref usableRef() {
        return values.get(JsonMember.REF) instanceof Ref ref ? ref : null;
    }

    /** The room when it is usable. */
    @Nullable
    String usableRoom() {
        return values.get(JsonMember.ROOM) instanceof RoomId room ? room.name() : null;
    }

    /** The number of a durable publish when it is usable, else 0. */
    long usableNumber() {
        boolean durable = !"ephemeral".equals(values.get(JsonMember.CLASS));
        return durable && values.get(JsonMember.NUMBER) instanceof Long number ? number : 0;
    }

    ClientFrame.Hello hello() throws JsonFault {
        Long heartbeat = optional(JsonMember.HEARTBEAT, Long.class);
        return new ClientFrame.Hello(
                optional(JsonMember.TOKEN, String.class),
                optional(JsonMember.SESSION, SessionClaim.class),
                rooms(),
                optional(JsonMember.CLIENT, String.class),
                heartbeat == null ? 0 : heartbeat);
    }

    private List<RoomRequest> rooms() throws JsonFault {
        RoomRequest[] rooms = optional(JsonMember.ROOMS, RoomRequest[].class);
        return rooms == null ? List.of() : List.of(rooms);
    }

    ClientFrame.Join join() throws JsonFault {
        return new ClientFrame.Join(optional(JsonMember.REF, Ref.class), roomRequest());
    }

    RoomRequest roomRequest() throws JsonFault {
        Long history = optional(JsonMember.HISTORY, Long.class);
        return new RoomRequest(
                required(JsonMember.ROOM, RoomId.class),
                optional(JsonMember.POSITION, Position.class),
                history == null ? 0 : Math.toIntExact(history),
                "latest".equals(optional(JsonMember.DELIVERY, String.class)));
    }

    ClientFrame.Leave leave() throws JsonFault {
        return new ClientFrame.Leave(optional(JsonMember.REF, Ref.class), required(JsonMember.ROOM, RoomId.class));
    }

    ClientFrame publish() throws JsonFault {
        boolean ephemeral = "ephemeral".equals(optional(JsonMember.CLASS, String.class));
        return ephemeral ? publishEphemeral() : publishDurable();
    }

    private ClientFrame.Publish publishDurable() throws JsonFault {
        Ref ref = optional(JsonMember.REF, Ref.class);
        RoomId room = required(JsonMember.ROOM, RoomId.class);
        long number = required(JsonMember.NUMBER, Long.class);
        Long first = optional(JsonMember.FIRST, Long.class);
        if (first != null && first > number) {
            throw new JsonFault("first=" + first + " (expected: at most number=" + number + ")");
        }
        boolean skip = optional(JsonMember.SKIP, Boolean.class) != null;
        if (skip && has(JsonMember.DATA)) {
            throw new JsonFault("skip stands beside data (expected: one of them)");
        }
        return new ClientFrame.Publish(
                ref,
                room,
                number,
                first == null ? 0 : first,
                skip ? null : required(JsonMember.DATA, Payload.class),
                optional(JsonMember.KEY, String.class));
    }

    private ClientFrame.PublishEphemeral publishEphemeral() throws JsonFault {
        for (JsonMember durableOnly : List.of(JsonMember.NUMBER, JsonMember.FIRST, JsonMember.SKIP)) {
            if (has(durableOnly)) {
                throw new JsonFault(durableOnly.text() + " is present (expected: none when class is ephemeral)");
            }
        }
        return new ClientFrame.PublishEphemeral(
                optional(JsonMember.REF, Ref.class),
                required(JsonMember.ROOM, RoomId.class),
                required(JsonMember.DATA, Payload.class),
                optional(JsonMember.KEY, String.class));
    }

    ClientFrame.History history() throws JsonFault {
        Long limit = optional(JsonMember.LIMIT, Long.class);
        return new ClientFrame.History(
                required(JsonMember.REF, Ref.class),
                required(JsonMember.ROOM, RoomId.class),
                optional(JsonMember.AFTER, Position.class),
                limit == null ? HISTORY_LIMIT_DEFAULT : Math.toIntExact(limit));
    }

    ClientFrame.Refresh refresh() throws JsonFault {
        return new ClientFrame.Refresh(required(JsonMember.REF, Ref.class), required(JsonMember.TOKEN, String.class));
    }

    long time() throws JsonFault {
        return required(JsonMember.TIME, Long.class);
    }

    private boolean has(JsonMember member) {
        return values.containsKey(member);
    }

    private <T> T required(JsonMember member, Class<T> type) throws JsonFault {
        T value = optional(member, type);
        if (value == null) {
            throw new JsonFault(member.fault(" is missing"));
        }
        return value;
    }

    private <T> @Nullable T optional(JsonMember member, Class<T> type) throws JsonFault {
        Object value = values.get(member);
        if (value instanceof JsonFault fault) {
            throw fault;
        }
        return value == null ? null : type.cast(value);
    }
}
