package io.rejoin.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class AddressLimitsTest {

    private final AtomicLong now = new AtomicLong();
    private final AddressLimits limits = new AddressLimits(2, 3, now::get);

    private static InetAddress address(String text) throws UnknownHostException {
        return InetAddress.getByName(text);
    }

    @Test
    void countsConnectionsOfEachAddress() throws Exception {
        InetAddress one = address("192.0.2.1");

        assertThat(limits.open(one)).isTrue();
        assertThat(limits.open(one)).isTrue();
        assertThat(limits.open(one)).isFalse();
        assertThat(limits.open(address("192.0.2.2"))).isTrue();
        limits.close(one);
        assertThat(limits.open(one)).isTrue();
        assertThat(limits.open(one)).isFalse();
    }

    @Test
    void keepsNothingOfAddressesWithoutConnections() throws Exception {
        for (int i = 0; i < 2; i++) {
            limits.open(address("192.0.2.1"));
            limits.open(address("2001:db8::1"));
        }
        assertThat(limits.addresses()).isEqualTo(2);
        for (int i = 0; i < 2; i++) {
            limits.close(address("192.0.2.1"));
            limits.close(address("2001:db8::1"));
        }

        assertThat(limits.addresses()).isZero();
    }

    @Test
    void countsANetworkOfIpv6AsOneAddress() throws Exception {
        assertThat(limits.open(address("2001:db8:1:2:3::1"))).isTrue();
        assertThat(limits.open(address("2001:db8:1:2:4::1"))).isTrue();
        assertThat(limits.open(address("2001:db8:1:2:5::1"))).isFalse();
        assertThat(limits.open(address("2001:db8:1:3::1"))).isTrue();
    }

    @Test
    void admitsSoManyHandshakesOfAnAddressPerSecond() throws Exception {
        InetAddress one = address("192.0.2.1");

        assertThat(IntStream.range(0, 10)
                        .filter(i -> limits.admitsHandshake(one))
                        .count())
                .isEqualTo(3);
        assertThat(limits.admitsHandshake(address("192.0.2.2"))).isTrue();
        now.addAndGet(1_000);
        assertThat(IntStream.range(0, 10)
                        .filter(i -> limits.admitsHandshake(one))
                        .count())
                .isEqualTo(3);
    }

    @Test
    void limitsNothingWhenTheLimitIsZeroOrTheAddressUnknown() throws Exception {
        AddressLimits none = new AddressLimits(0, 0, now::get);
        InetAddress one = address("192.0.2.1");

        for (int i = 0; i < 100; i++) {
            assertThat(none.open(one)).isTrue();
            assertThat(none.admitsHandshake(one)).isTrue();
            assertThat(limits.open(null)).isTrue();
            assertThat(limits.admitsHandshake(null)).isTrue();
        }
        assertThat(none.addresses()).isZero();
    }
}
