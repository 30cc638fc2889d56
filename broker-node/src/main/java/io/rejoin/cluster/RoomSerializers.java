package io.rejoin.cluster;

import com.hazelcast.nio.serialization.DataSerializableFactory;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import io.rejoin.flow.Ticker;
import java.io.IOException;

/**
 * Makes what travels between members by its number. Numbers are never reused; a new one is used only once all nodes know it.
 *
 * <p>Threading: thread-safe.
 */
public final class RoomSerializers implements DataSerializableFactory {

    /** Number of this factory. */
    public static final int FACTORY_ID = 7_001;

    static final int ROOM_ENTRY = 1;
    static final int APPEND = 2;
    static final int APPLY = 3;
    static final int JOIN = 4;
    static final int RENEW = 5;
    static final int HISTORY = 6;
    static final int FILL = 7;
    static final int INTERESTED = 8;
    static final int WITHDRAW = 9;
    static final int SWEEP = 10;
    static final int REMOVE = 11;
    static final int SESSION_ENTRY = 20;
    static final int CLAIM_SESSION = 21;
    static final int TOUCH_SESSION = 22;
    static final int END_SESSION = 23;
    static final int STORE_SESSION = 24;
    static final int NOTE_SLOW = 25;
    static final int PLAN_MEMBERS = 30;
    static final int VOTER_CALL = 31;
    static final int ROOM_MERGE_POLICY = 32;
    static final int SESSION_MERGE_POLICY = 33;
    static final int KEEP_REVOCATION = 40;

    private final Ticker ticker;

    /** Creates the factory of one member, which measures ages with its own ticks. */
    public RoomSerializers(Ticker ticker) {
        this.ticker = ticker;
    }

    @Override
    public IdentifiedDataSerializable create(int classId) {
        return switch (classId) {
            case ROOM_ENTRY -> new RoomEntry(ticker);
            case APPEND -> new AppendProcessor();
            case APPLY -> new ApplyProcessor();
            case JOIN -> new JoinProcessor();
            case RENEW -> new RenewProcessor();
            case HISTORY -> new HistoryProcessor();
            case FILL -> new FillProcessor();
            case INTERESTED -> new InterestedProcessor();
            case WITHDRAW -> new WithdrawProcessor();
            case SWEEP -> new SweepProcessor();
            case REMOVE -> new RemoveProcessor();
            case SESSION_ENTRY -> new SessionEntry();
            case CLAIM_SESSION -> new ClaimSessionProcessor();
            case TOUCH_SESSION -> new TouchSessionProcessor();
            case END_SESSION -> new EndSessionProcessor();
            case STORE_SESSION -> new StoreSessionProcessor();
            case NOTE_SLOW -> new NoteSlowProcessor();
            case KEEP_REVOCATION -> new KeepRevocationProcessor();
            case PLAN_MEMBERS -> new PlanMembersProcessor();
            case VOTER_CALL -> new VoterCall();
            case ROOM_MERGE_POLICY -> new RoomMergePolicy();
            case SESSION_MERGE_POLICY -> new SessionMergePolicy();
            default -> throw new IllegalArgumentException("class id=" + classId + " (expected: one of this version)");
        };
    }

    static void checkVersion(byte version, int expected) throws IOException {
        if (version < 1 || version > expected) {
            throw new IOException("version=" + version + " (expected: 1.." + expected + ")");
        }
    }
}
