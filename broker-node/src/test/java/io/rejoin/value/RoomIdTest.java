package io.rejoin.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rejoin.testing.Spec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Spec("FR-13")
class RoomIdTest {

    @Test
    void takesAsManyBytesAsTheLimit() {
        assertThat(new RoomId("é".repeat(127) + "a").name()).hasSize(128);
    }

    @Test
    void refusesOneByteMoreThanTheLimit() {
        assertThatThrownBy(() -> new RoomId("é".repeat(128)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1..255 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a\nb", "\u0000", "a\u007f", "\u009f", "\ud83d", "a\ude00b", "\ude00\ud83d"})
    void refusesWhatCannotBeAName(String name) {
        assertThatThrownBy(() -> new RoomId(name))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("room ");
    }

    @ParameterizedTest
    @ValueSource(strings = {" ", "a b", "\u00a0", "\u2028", "\ud83d\ude00", "a$"})
    void takesEverythingElse(String name) {
        assertThat(new RoomId(name).isReserved()).isFalse();
    }

    @Test
    void isReservedWhenItStartsWithADollarSign() {
        assertThat(new RoomId("$metrics").isReserved()).isTrue();
    }
}
