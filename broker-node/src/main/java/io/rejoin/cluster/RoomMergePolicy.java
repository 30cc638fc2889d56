package io.rejoin.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import org.jspecify.annotations.Nullable;

/**
 * After a split, keeps of two logs of one room the one that has all that either side acknowledged, whichever side it comes from.
 *
 * <p>Threading: partition thread of the room's owner.
 */
public final class RoomMergePolicy
        implements SplitBrainMergePolicy<RoomEntry, MergingValue<RoomEntry>, Object>, IdentifiedDataSerializable {

    @Override
    public Object merge(MergingValue<RoomEntry> merging, @Nullable MergingValue<RoomEntry> existing) {
        if (existing == null) {
            return merging.getRawValue();
        }
        RoomEntry comes = merging.getDeserializedValue();
        RoomEntry stays = existing.getDeserializedValue();
        if (!comes.log().supersedes(stays.log())) {
            return existing.getRawValue();
        }
        comes.log().takeInterests(stays.log());
        return comes;
    }

    @Override
    public int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.ROOM_MERGE_POLICY;
    }

    @Override
    public void writeData(ObjectDataOutput out) {}

    @Override
    public void readData(ObjectDataInput in) {}
}
