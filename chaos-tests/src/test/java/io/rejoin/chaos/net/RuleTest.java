package io.rejoin.chaos.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rejoin.chaos.net.Rule.Direction;
import java.util.List;
import org.junit.jupiter.api.Test;

class RuleTest {

    private static final List<String> PEERS = List.of("10.0.0.1", "10.0.0.2");

    private static List<String> lines(Rule rule) {
        StringBuilder lines = new StringBuilder();
        rule.append("in", "out", lines);
        return lines.toString().lines().toList();
    }

    @Test
    void dropsWhatComesFromAndGoesToEachPeer() {
        assertThat(lines(Rule.all("n1", Direction.BOTH, PEERS)))
                .containsExactly(
                        "-A in -s 10.0.0.1 -j DROP",
                        "-A in -s 10.0.0.2 -j DROP",
                        "-A out -d 10.0.0.1 -j DROP",
                        "-A out -d 10.0.0.2 -j DROP");
    }

    @Test
    void meansOneDirectionOnly() {
        assertThat(lines(Rule.all("n1", Direction.IN, PEERS.subList(0, 1))))
                .containsExactly("-A in -s 10.0.0.1 -j DROP");
        assertThat(lines(Rule.all("n1", Direction.OUT, PEERS.subList(0, 1))))
                .containsExactly("-A out -d 10.0.0.1 -j DROP");
    }

    @Test
    void meansThePortOfEitherEnd() {
        assertThat(lines(Rule.all("n1", Direction.IN, PEERS.subList(0, 1)).onPort(5701)))
                .containsExactly(
                        "-A in -s 10.0.0.1 -p tcp --sport 5701 -j DROP",
                        "-A in -s 10.0.0.1 -p tcp --dport 5701 -j DROP");
    }

    @Test
    void meansAShareOfThePackets() {
        assertThat(lines(Rule.all("n1", Direction.IN, PEERS.subList(0, 1)).ofShare(0.05)))
                .containsExactly("-A in -s 10.0.0.1 -m statistic --mode random --probability 0.0500 -j DROP");
    }

    @Test
    void resetsConnections() {
        assertThat(lines(Rule.all("n1", Direction.OUT, PEERS.subList(0, 1)).resetting()))
                .containsExactly("-A out -d 10.0.0.1 -p tcp -j REJECT --reject-with tcp-reset");
    }

    @Test
    void hasAShareThatIsOne() {
        assertThatThrownBy(() -> Rule.all("n1", Direction.IN, PEERS).ofShare(1.5))
                .hasMessage("share=1.5 (expected: above 0, at most 1)");
    }
}
