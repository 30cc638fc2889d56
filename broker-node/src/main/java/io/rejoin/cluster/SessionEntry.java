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
 * A session's record: whose it is, which connection holds it, and how often one did not keep up.
 *
 * <p>Keeps how its holder's claim was answered, so that a repeated claim gets the same answer.
 *
 * <p>Threading: never changed once read or made.
 */
final class SessionEntry implements IdentifiedDataSerializable {

    private static final int VERSION = 2;

    private String user = "";
    private Holder holder = new Holder(new NodeId(new UUID(0, 0)), 0, 0);
    private boolean resumed;
    private @Nullable Holder previous;
    private Slowness slowness = Slowness.NONE;

    /**
     * How often the session's connections were closed because they did not keep up.
     *
     * <p>Threading: immutable.
     *
     * @param closes that are remembered
     * @param lastMs time of the last one, by the clock of the member that noted it
     * @param generation of the hold that the last one ended
     */
    record Slowness(int closes, long lastMs, long generation) {

        static final Slowness NONE = new Slowness(0, 0, 0);

        /** What is left of it at a time, when closes are remembered for so long. */
        Slowness at(long nowMs, long memoryMs) {
            return nowMs - lastMs > memoryMs ? NONE : this;
        }

        /** With one more; a repeated note of the same hold changes nothing. */
        Slowness with(long nowMs, long endedGeneration) {
            return endedGeneration == generation ? this : new Slowness(closes + 1, nowMs, endedGeneration);
        }
    }

    SessionEntry() {}

    SessionEntry(String user, Holder holder, boolean resumed, @Nullable Holder previous, Slowness slowness) {
        this.user = user;
        this.holder = holder;
        this.resumed = resumed;
        this.previous = previous;
        this.slowness = slowness;
    }

    SessionEntry withSlowness(Slowness other) {
        return new SessionEntry(user, holder, resumed, previous, other);
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

    Slowness slowness() {
        return slowness;
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
        out.writeInt(slowness.closes());
        out.writeLong(slowness.lastMs());
        out.writeLong(slowness.generation());
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        byte version = in.readByte();
        RoomSerializers.checkVersion(version, VERSION);
        String written = in.readString();
        user = written == null ? "" : written;
        holder = readHolder(in);
        resumed = in.readBoolean();
        previous = in.readBoolean() ? readHolder(in) : null;
        slowness = version > 1 ? new Slowness(in.readInt(), in.readLong(), in.readLong()) : Slowness.NONE;
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
