package io.rejoin.cluster;

import com.hazelcast.nio.ObjectDataInput;
import com.hazelcast.nio.ObjectDataOutput;
import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import com.hazelcast.spi.merge.MergingValue;
import com.hazelcast.spi.merge.SplitBrainMergePolicy;
import org.jspecify.annotations.Nullable;

/**
 * After a split, keeps of two records of one session the one with the higher generation, as a claim does.
 *
 * <p>Threading: partition thread of the record's owner.
 */
public final class SessionMergePolicy
        implements SplitBrainMergePolicy<SessionEntry, MergingValue<SessionEntry>, Object>, IdentifiedDataSerializable {

    @Override
    public Object merge(MergingValue<SessionEntry> merging, @Nullable MergingValue<SessionEntry> existing) {
        if (existing == null) {
            return merging.getRawValue();
        }
        long comes = merging.getDeserializedValue().holder().generation();
        long stays = existing.getDeserializedValue().holder().generation();
        return comes > stays ? merging.getRawValue() : existing.getRawValue();
    }

    @Override
    public int getFactoryId() {
        return RoomSerializers.FACTORY_ID;
    }

    @Override
    public int getClassId() {
        return RoomSerializers.SESSION_MERGE_POLICY;
    }

    @Override
    public void writeData(ObjectDataOutput out) {}

    @Override
    public void readData(ObjectDataInput in) {}
}
