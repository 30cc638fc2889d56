package io.rejoin.value;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {

    @ParameterizedTest
    @CsvSource({"0B,0", "64KiB,65536", "64 kib,65536", "1MiB,1048576", "3GiB,3221225472", "1500B,1500"})
    void isReadWithItsUnit(String text, long bytes) {
        assertThat(ByteSize.parse(text)).isEqualTo(new ByteSize(bytes));
    }

    @ParameterizedTest
    @CsvSource({"0B", "1500B", "64KiB", "3MiB", "3072MiB"})
    void isWrittenInTheLargestUnitThatFits(String text) {
        assertThat(ByteSize.parse(text).toString()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "64", "KiB", "-1B", "64KB", "1.5MiB", "9999999999999B"})
    void refusesWhatIsNoAmount(String text) {
        assertThatThrownBy(() -> ByteSize.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("such as 64KiB");
    }
}
