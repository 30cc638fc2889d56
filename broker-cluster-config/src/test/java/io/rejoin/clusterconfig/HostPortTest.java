package io.rejoin.clusterconfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HostPortTest {

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:5701, 127.0.0.1, 5701",
        "node-0.rejoin:1, node-0.rejoin, 1",
        "'  a:65535 ', a, 65535",
        "[::1]:5701, ::1, 5701",
        "[fe80::1%eth0]:5702, fe80::1%eth0, 5702",
    })
    void readsHostAndPort(String text, String host, int port) {
        assertThat(HostPort.parse(text)).isEqualTo(new HostPort(host, port));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:5701", "node-0.rejoin:1", "[::1]:5701"})
    void isWrittenAsItIsRead(String text) {
        assertThat(HostPort.parse(text)).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "5701",
                "a",
                "a:",
                ":5701",
                " :5701",
                "a:0",
                "a:-1",
                "a:65536",
                "a:x",
                "a:99999999999",
                "::1:5701",
                "[::1]",
                "[]:1",
                "[::1:5701",
                "a b:1",
                "a:+1"
            })
    void refusesWhatIsNoAddressAndSaysWhatOneIs(String text) {
        assertThatThrownBy(() -> HostPort.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(text + " (expected: host:port, such as 127.0.0.1:5701)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0:1", "[::]:1", "[0:0:0:0:0:0:0:0]:1"})
    void knowsAddressesThatMeanEveryAddress(String text) {
        assertThat(HostPort.parse(text).isWildcard()).isTrue();
    }

    @Test
    void takesNamesForNoWildcard() {
        assertThat(new HostPort("node-0.rejoin", 1).isWildcard()).isFalse();
        assertThat(new HostPort("::1", 1).isWildcard()).isFalse();
    }
}
