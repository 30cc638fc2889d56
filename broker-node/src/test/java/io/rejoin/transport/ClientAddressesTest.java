package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ClientAddressesTest {

    private final ClientAddresses addresses =
            new ClientAddresses(List.of(Cidr.parse("10.0.0.0/8"), Cidr.parse("192.0.2.7"), Cidr.parse("fd00::/12")));

    private String find(String peer, String... forwardedFor) {
        InetAddress found = addresses.of(peer, List.of(forwardedFor));
        return found == null ? "nobody" : found.getHostAddress();
    }

    @Test
    void believesNobodyButTheProxiesThatItKnows() {
        assertThat(find("203.0.113.9", "198.51.100.1")).isEqualTo("203.0.113.9");
        assertThat(find("192.0.2.8", "198.51.100.1")).isEqualTo("192.0.2.8");
    }

    @Test
    void takesTheRightmostAddressThatIsNoProxy() {
        assertThat(find("10.1.1.1", "198.51.100.1, 203.0.113.5, 192.0.2.7")).isEqualTo("203.0.113.5");
    }

    @Test
    void readsSeveralHeadersAsOne() {
        assertThat(find("10.1.1.1", "198.51.100.1", "203.0.113.5", "10.9.9.9")).isEqualTo("203.0.113.5");
    }

    @Test
    void takesTheFirstHopWhenAllAreProxies() {
        assertThat(find("10.1.1.1", "10.2.2.2, fd05::1, 10.3.3.3")).isEqualTo("10.2.2.2");
        assertThat(find("10.1.1.1")).isEqualTo("10.1.1.1");
    }

    @Test
    void stopsAtWhatIsNoAddress() {
        assertThat(find("10.1.1.1", "198.51.100.1, unknown, 10.2.2.2")).isEqualTo("10.2.2.2");
        assertThat(find("10.1.1.1", "")).isEqualTo("10.1.1.1");
    }

    @Test
    void readsAddressesWithPorts() {
        assertThat(find("10.1.1.1", "203.0.113.5:4711")).isEqualTo("203.0.113.5");
        assertThat(find("10.1.1.1", "[2001:db8::5]:4711")).isEqualTo("2001:db8:0:0:0:0:0:5");
        assertThat(find("10.1.1.1", "2001:db8::5")).isEqualTo("2001:db8:0:0:0:0:0:5");
    }

    @Test
    void takesAnAddressOfIpv4ForTheSameWithinIpv6() {
        assertThat(find("::ffff:10.1.1.1", "203.0.113.5")).isEqualTo("203.0.113.5");
    }

    @Test
    void knowsNobodyWithoutAPeer() {
        assertThat(addresses.of(null, List.of("203.0.113.5"))).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8,    10.255.0.1,   true",
        "10.0.0.0/8,    11.0.0.0,     false",
        "10.1.2.3/8,    10.9.9.9,     true",
        "192.0.2.128/25, 192.0.2.127, false",
        "192.0.2.128/25, 192.0.2.129, true",
        "0.0.0.0/0,     203.0.113.5,  true",
        "0.0.0.0/0,     2001:db8::1,  false",
        "2001:db8::/33, 2001:db8:7fff::1, true",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "192.0.2.7,     192.0.2.7,    true",
        "192.0.2.7,     192.0.2.6,    false",
    })
    void blocksContainTheirAddresses(String block, String address, boolean contained) throws Exception {
        assertThat(Cidr.parse(block).contains(InetAddress.getByName(address))).isEqualTo(contained);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "10.0.0.0/33", "fd00::/129", "10.0.0/8", "host/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8"
            })
    void saysWhatIsNoBlock(String text) {
        assertThatThrownBy(() -> Cidr.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("block=" + text);
    }
}
