package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.rejoin.config.BrokerConfig;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

final class NodeCommandTest {

    private final List<BrokerConfig> started = new ArrayList<>();
    private final List<Integer> exits = new ArrayList<>();
    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();

    private int run(Map<String, String> environment, String... arguments) {
        return run(environment, Promise.<NodeCommand.Node>promise().future(), arguments);
    }

    private int run(Map<String, String> environment, Future<NodeCommand.Node> node, String... arguments) {
        NodeCommand command = new NodeCommand(
                config -> {
                    started.add(config);
                    return node;
                },
                environment,
                exits::add);
        return new CommandLine(command)
                .setErr(new PrintWriter(err, true))
                .setOut(new PrintWriter(out, true))
                .execute(arguments);
    }

    @Test
    void startsANodeWithItsSettings() {
        int code = run(Map.of("REJOIN_AUTH_MODE", "anonymous", "REJOIN_NODE_NAME", "n1"));

        assertThat(code).isEqualTo(NodeCommand.RUNNING);
        assertThat(started)
                .singleElement()
                .satisfies(config -> assertThat(config.nodeName()).isEqualTo("n1"));
        assertThat(exits).isEmpty();
    }

    @Test
    void printsEveryFaultOnALineOfItsOwn() {
        int code = run(Map.of("REJOIN_CLIENT_PORT", "x", "REJOIN_OPS_PORT", "y"));

        assertThat(code).isEqualTo(2);
        assertThat(started).isEmpty();
        assertThat(err.toString().lines())
                .hasSize(3)
                .anyMatch(line -> line.startsWith("auth.mode is not set"))
                .anyMatch(line -> line.startsWith("client.port=x"))
                .anyMatch(line -> line.startsWith("ops.port=y"));
    }

    @ParameterizedTest
    @CsvSource({
        "http://backend.example.org/connect, 1",
        "https://backend.example.org/connect, 0",
        "http://127.0.0.1:3000/connect, 0",
        "http://localhost:3000/connect, 0",
        "http://[::1]:3000/connect, 0",
    })
    void warnsOfAHookWhoseTokensCanBeReadOnTheirWay(String url, int warnings) {
        Logger log = (Logger) LoggerFactory.getLogger(NodeCommand.class);
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        logged.start();
        log.addAppender(logged);
        try {
            run(Map.of("REJOIN_AUTH_MODE", "hook", "REJOIN_AUTH_HOOK_URL", url));
        } finally {
            log.detachAppender(logged);
        }

        assertThat(started).hasSize(1);
        assertThat(logged.list)
                .filteredOn(event -> event.getLevel() == Level.WARN)
                .hasSize(warnings);
    }

    @Test
    void refusesArgumentsThatItDoesNotKnow() {
        assertThat(run(Map.of("REJOIN_AUTH_MODE", "anonymous"), "--confg", "x")).isEqualTo(2);

        assertThat(err.toString()).contains("'--confg'", "Possible solutions: --config");
        assertThat(started).isEmpty();
    }

    @Test
    void exitsWhenTheNodeCannotStart() {
        run(Map.of("REJOIN_AUTH_MODE", "anonymous"), Future.failedFuture(new IllegalStateException("port in use")));

        assertThat(exits).containsExactly(1);
    }

    @Test
    void tellsItsVersion() {
        assertThat(run(Map.of(), "--version")).isZero();

        assertThat(out.toString()).startsWith("rejoin-node ");
        assertThat(started).isEmpty();
    }
}
