package io.rejoin;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Await;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own, with a node that does nothing but stop when it may. */
final class NodeCommandIT {

    @TempDir
    private Path directory;

    private Path log;
    private Path mayStop;
    private Process process;

    @BeforeEach
    void start() throws IOException {
        log = directory.resolve("log");
        mayStop = directory.resolve("may-stop");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.util.concurrent.ForkJoinPool.common.parallelism=3",
                "-cp",
                System.getProperty("java.class.path"),
                Slow.class.getName(),
                mayStop.toString());
        builder.redirectErrorStream(true).redirectOutput(log.toFile());
        process = builder.start();
        awaitLog("ready node=n1 client=1");
    }

    @AfterEach
    void end() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    private void awaitLog(String text) {
        Await.until(() -> read().contains(text), this::read);
    }

    private String read() {
        try {
            return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void stopsGracefullyOnTheFirstSignal() throws Exception {
        process.destroy();
        awaitLog("stopping signal=15");
        assertThat(process.isAlive()).isTrue();

        Files.createFile(mayStop);

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(read()).isZero();
        assertThat(read()).contains("stopped");
    }

    @Test
    void endsAtOnceOnTheSecondSignal() throws Exception {
        process.destroy();
        awaitLog("stopping signal=15");
        process.destroy();

        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(read()).isEqualTo(143);
    }

    /** Runs the command with a node that stops once a file exists. */
    static final class Slow {

        private Slow() {}

        /**
         * Starts.
         *
         * @param arguments the file
         */
        public static void main(String[] arguments) {
            Vertx vertx = Vertx.vertx();
            // A loop that has run something keeps the process alive, as the listeners of a real node do.
            vertx.runOnContext(started -> {});
            Path mayStop = Path.of(arguments[0]);
            NodeCommand.Node node = new NodeCommand.Node() {
                @Override
                public String summary() {
                    return "node=n1 client=1";
                }

                @Override
                public void onAskedToLeave(Runnable leave) {
                    // Nobody asks this one.
                }

                @Override
                public Future<Void> stop(Duration limit) {
                    return vertx.timer(10, TimeUnit.MILLISECONDS)
                            .compose(elapsed -> Files.exists(mayStop) ? Future.<Void>succeededFuture() : stop(limit));
                }
            };
            int code = new NodeCommand(
                            config -> Future.succeededFuture(node),
                            Map.of("REJOIN_AUTH_MODE", "anonymous"),
                            status -> Runtime.getRuntime().halt(status))
                    .run();
            if (code != NodeCommand.RUNNING) {
                Runtime.getRuntime().halt(code);
            }
        }
    }
}
