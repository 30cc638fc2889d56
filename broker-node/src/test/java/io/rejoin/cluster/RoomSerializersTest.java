package io.rejoin.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.hazelcast.nio.serialization.IdentifiedDataSerializable;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RoomSerializersTest {

    private final RoomSerializers serializers = new RoomSerializers(() -> 0);

    /** Numbers are on the wire between nodes of two versions, so they never change. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 20, 21, 22, 23, 24, 25, 30, 31, 32, 33, 40})
    void makesWhatGoesByANumber(int classId) {
        IdentifiedDataSerializable made = serializers.create(classId);

        assertThat(made.getClassId()).isEqualTo(classId);
        assertThat(made.getFactoryId()).isEqualTo(7_001);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 12, 19, 26, 34, -1})
    void refusesANumberOfAnotherVersion(int classId) {
        assertThatThrownBy(() -> serializers.create(classId))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("class id=" + classId + " (expected: one of this version)");
    }

    @ParameterizedTest
    @ValueSource(bytes = {0, -1, 3, 127})
    void refusesAnUnknownVersionByte(byte version) {
        assertThatThrownBy(() -> RoomSerializers.checkVersion(version, 2))
                .isInstanceOf(IOException.class)
                .hasMessage("version=" + version + " (expected: 1..2)");
    }

    @Test
    void readsWhatOlderVersionsWrote() throws IOException {
        RoomSerializers.checkVersion((byte) 1, 2);
        RoomSerializers.checkVersion((byte) 2, 2);
    }
}
