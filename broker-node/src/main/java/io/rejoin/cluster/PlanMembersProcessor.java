package io.rejoin.cluster;

import com.hazelcast.map.EntryProcessor;
import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;
import java.util.Map;

/**
 * Settles the number of planned members: never below a floor, or one less than it was. The result, and what copies store, is the
 * number after it.
 */
final class PlanMembersProcessor implements EntryProcessor<String, Integer, Integer>, IdentifiedDataSerializable {

    private static final int VERSION = 1;

    private int initial;
    private int floor;
    private int change;
    private boolean exact;
    private transient int settled;

    PlanMembersProcessor() {}

    /**
     * Creates a processor.
     *
     * @param initial what is taken when nothing is stored
     * @param floor the number is at least this afterwards
     * @param change added first
     */
    PlanMembersProcessor(int initial, int floor, int change) {
        this.initial = initial;
        this.floor = floor;
        this.change = change;
    }

    @Override
    public Integer process(Map.Entry<String, Integer> entry) {
        Integer stored = entry.getValue();
        int planned = exact ? initial : Math.max((stored == null ? initial : stored) + change, floor);
        settled = planned;
        if (stored == null || stored != planned) {
            entry.setValue(planned);
        }
        return planned;
    }

    @Override
    public EntryProcessor<String, Integer, Integer> getBackupProcessor() {
        PlanMembersProcessor outcome = new PlanMembersProcessor(settled, settled, 0);
        outcome.exact = true;
        return outcome;
    }

    @Override
    public int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.PLAN_MEMBERS;
    }

    @Override
    public void writeData(ObjectDataOutput out) throws IOException {
        out.writeByte(VERSION);
        out.writeInt(initial);
        out.writeInt(floor);
        out.writeInt(change);
        out.writeBoolean(exact);
    }

    @Override
    public void readData(ObjectDataInput in) throws IOException {
        RoomSerializers.checkVersion(in.readByte(), VERSION);
        initial = in.readInt();
        floor = in.readInt();
        change = in.readInt();
        exact = in.readBoolean();
    }
}
