package io.rejoin.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.rejoin.session.SessionDirectory.Holder;
import io.rejoin.value.NodeId;
import java.io.IOException;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A session's record: whose it is, and which connection holds it.
 *
 * <p>Keeps how its holder's claim was answered, so that a repeated claim gets the same answer.
 *
 * <p>Threading: never changed once read or made.
 */
final class SessionEntry implements IdentifiedDataSerializable {

    private static final int VERSION = 1;

    private String user = "";
    private Holder holder = new Holder(new NodeId(new UUID(0, 0)), 0, 0);
    private boolean resumed;
    private @Nullable Holder previous;

    SessionEntry() {}

    SessionEntry(String user, Holder holder, boolean resumed, @Nullable Holder previous) {
        this.user = user;
        this.holder = holder;
        this.resumed = resumed;
        this.previous = previous;
    }

    Holder holder() {
        return holder;
    }

    boolean isResumed() {
        return resumed;
    }

    Optional<Holder> previous() {
        return Optional.ofNullable(previous);
    }

    @Override
    public int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.SESSION_ENTRY;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeByte(VERSION);
        out.writeString(user);
        write(out, holder);
        out.writeBoolean(resumed);
        out.writeBoolean(previous != null);
        if (previous != null) {
            write(out, previous);
        }
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        RoomSerializers.checkVersion(in.readByte(), VERSION);
        String written = in.readString();
        user = written == null ? "" : written;
        holder = readHolder(in);
        resumed = in.readBoolean();
        previous = in.readBoolean() ? readHolder(in) : null;
    }

    static void write(ObjectDataOutput out, Holder holder) throws IOException {
        out.writeLong(holder.node().value().getMostSignificantBits());
        out.writeLong(holder.node().value().getLeastSignificantBits());
        out.writeLong(holder.connection());
        out.writeLong(holder.generation());
    }

    static Holder readHolder(ObjectDataInput in) throws IOException {
        return new Holder(new NodeId(new UUID(in.readLong(), in.readLong())), in.readLong(), in.readLong());
    }
}
