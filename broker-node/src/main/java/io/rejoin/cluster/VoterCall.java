package io.rejoin.cluster;

import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceAware;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.rejoin.quorum.Electorate;
import io.rejoin.quorum.Vote;
import io.rejoin.quorum.Voter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInput;
import java.io.DataInputStream;
import java.io.DataOutput;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * What a member asks another one's {@link Voter}; runs there, on a thread of Hazelcast's executor for elections.
 *
 * <p>Threading: one thread at a time.
 */
final class VoterCall implements Callable<byte[]>, IdentifiedDataSerializable, HazelcastInstanceAware {

    private static final int VERSION = 1;
    private static final byte[] YES = {1};
    private static final byte[] NO = {0};
    private static final int MOST_MEMBERS = 10_000;

    private static final byte VOTE = 1;
    private static final byte ACCEPT = 2;
    private static final byte OPEN = 3;
    private static final byte RESIGN = 4;

    private byte kind;
    private UUID member;
    private Electorate electorate;
    private long expected;
    private transient @Nullable HazelcastInstance target;

    VoterCall() {
        this(VOTE, new UUID(0, 0), Electorate.NONE, 0);
    }

    private VoterCall(byte kind, UUID member, Electorate electorate, long expected) {
        this.kind = kind;
        this.member = member;
        this.electorate = electorate;
        this.expected = expected;
    }

    /** Asks for its vote. */
    static VoterCall vote() {
        return new VoterCall();
    }

    /** Asks a member to accept an electorate. */
    static VoterCall accept(UUID member, Electorate electorate, long expected) {
        return new VoterCall(ACCEPT, member, electorate, expected);
    }

    /** Asks a member to open one. */
    static VoterCall open(UUID member, Electorate electorate) {
        return new VoterCall(OPEN, member, electorate, 0);
    }

    /** Tells that a member leaves gracefully. */
    static VoterCall resign(UUID member) {
        return new VoterCall(RESIGN, member, Electorate.NONE, 0);
    }

    /** Reads the answer to {@link #accept} and {@link #open}. */
    static boolean isYes(byte[] answer) {
        return answer[0] != 0;
    }

    /** Reads the answer to {@link #vote}. */
    static Vote voteOf(byte[] answer) throws IOException {
        DataInput in = new DataInputStream(new ByteArrayInputStream(answer));
        return new Vote(readId(in), readElectorate(in), readElectorate(in), readIds(in), in.readBoolean(), readIds(in));
    }

    @Override
    public void setHazelcastInstance(HazelcastInstance hazelcastInstance) {
        target = hazelcastInstance;
    }

    @Override
    public byte[] call() throws IOException {
        if (target == null) {
            throw new IllegalStateException("call has no member (expected: set by Hazelcast)");
        }
        Voter voter = RoomLogContext.of(target).voter();
        UUID self = target.getCluster().getLocalMember().getUuid();
        return switch (kind) {
            case VOTE -> bytes(voter.vote(self));
            // Hazelcast calls an address, where another incarnation may be by now.
            case ACCEPT -> self.equals(member) && voter.accept(electorate, expected) ? YES : NO;
            case OPEN -> self.equals(member) && voter.open(electorate) ? YES : NO;
            case RESIGN -> {
                voter.onResigned(member);
                yield YES;
            }
            default -> throw new IllegalStateException("kind=" + kind + " (expected: checked when read)");
        };
    }

    private static byte[] bytes(Vote vote) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        write(out, vote.member());
        write(out, vote.accepted());
        write(out, vote.opened());
        write(out, vote.formerly());
        out.writeBoolean(vote.ready());
        write(out, vote.resigned());
        return bytes.toByteArray();
    }

    private static void write(DataOutput out, UUID id) throws IOException {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static UUID readId(DataInput in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }

    private static void write(DataOutput out, Set<UUID> ids) throws IOException {
        out.writeInt(ids.size());
        for (UUID id : ids) {
            write(out, id);
        }
    }

    private static Set<UUID> readIds(DataInput in) throws IOException {
        int size = in.readInt();
        if (size < 0 || size > MOST_MEMBERS) {
            throw new IOException("members=" + size + " (expected: 0.." + MOST_MEMBERS + ")");
        }
        Set<UUID> ids = new HashSet<>();
        for (int i = 0; i < size; i++) {
            ids.add(readId(in));
        }
        return ids;
    }

    private static void write(DataOutput out, Electorate electorate) throws IOException {
        out.writeLong(electorate.number());
        write(out, electorate.voters());
        write(out, electorate.members());
    }

    private static Electorate readElectorate(DataInput in) throws IOException {
        return new Electorate(in.readLong(), readIds(in), readIds(in));
    }

    @Override
    public int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.VOTER_CALL;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeByte(VERSION);
        out.writeByte(kind);
        write(out, member);
        write(out, electorate);
        out.writeLong(expected);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        RoomSerializers.checkVersion(in.readByte(), VERSION);
        kind = in.readByte();
        if (kind < VOTE || kind > RESIGN) {
            throw new IOException("kind=" + kind + " (expected: " + VOTE + ".." + RESIGN + ")");
        }
        member = readId(in);
        electorate = readElectorate(in);
        expected = in.readLong();
    }
}
