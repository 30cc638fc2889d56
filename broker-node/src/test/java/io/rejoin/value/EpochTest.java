package io.rejoin.value;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EpochTest {

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "+1", "01", "K3F9", "k3f9 ", "k-f9", "\u0661", "1y2p0ij32e8e8", "a.b"})
    void textThatWasNeverMintedIsForeign(String text) {
        assertThat(Epoch.parse(text)).isEqualTo(Epoch.FOREIGN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "z", "k3f9", "1y2p0ij32e8e7"})
    void textThatMayHaveBeenMintedIsAnEpoch(String text) {
        assertThat(Epoch.parse(text).toString()).isEqualTo(text);
    }
}
