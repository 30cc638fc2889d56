package io.rejoin;

import io.rejoin.auth.HookConfig;
import io.rejoin.clusterconfig.CommonPool;
import io.rejoin.config.BrokerConfig;
import io.rejoin.config.ConfigException;
import io.rejoin.config.ConfigLoader;
import io.vertx.core.Future;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * The command line of a node: checks the JVM, reads the settings, starts the node and stops it on a signal.
 *
 * <p>Exit codes: 0 after a graceful stop; 1 when the node could not start or stop; 2 for wrong arguments or settings; 143 (130 for Ctrl-C)
 * when it was told to end at once.
 *
 * <p>Threading: called once, from the main thread, which may end while the node runs.
 */
@Command(
        name = "rejoin-node",
        description = "Runs one node of a Rejoin cluster in the foreground until SIGTERM.",
        mixinStandardHelpOptions = true,
        versionProvider = NodeCommand.Version.class)
final class NodeCommand implements Callable<Integer> {

    private static final Logger LOG = LoggerFactory.getLogger(NodeCommand.class);

    /** The exit code of a command that has left the node running. */
    static final int RUNNING = 0;

    private static final int FAILED = 1;
    private static final int WRONG_SETTINGS = 2;
    /** What a shell reports for a process that a signal ended, before the signal's number. */
    private static final int SIGNALLED = 128;

    /** A node that runs. */
    interface Node {

        /** Where it listens and whom it sees: {@code node=… client=… ops=… members=…}. */
        String summary();

        /** Stops gracefully, within the limit. */
        Future<Void> stop(Duration limit);

        /** What is run when a backend asks the node to leave, instead of only stopping it. */
        void onAskedToLeave(Runnable leave);
    }

    private final Function<BrokerConfig, Future<? extends Node>> starter;
    private final Map<String, String> environment;
    private final IntConsumer exit;
    private final AtomicInteger signals = new AtomicInteger();
    private final AtomicBoolean stopping = new AtomicBoolean();

    @Option(names = "--config", paramLabel = "FILE", description = "YAML file with settings; see docs/configuration.md")
    private @Nullable Path file;

    @Spec
    private @Nullable CommandSpec spec;

    /**
     * Creates the command.
     *
     * @param starter starts a node
     * @param environment variables to read settings from
     * @param exit ends the process
     */
    NodeCommand(
            Function<BrokerConfig, Future<? extends Node>> starter, Map<String, String> environment, IntConsumer exit) {
        this.starter = starter;
        this.environment = environment;
        this.exit = exit;
    }

    /** Runs the command; {@link #RUNNING} when a node was started or there was nothing to start. */
    int run(String... arguments) {
        return new CommandLine(this).execute(arguments);
    }

    @Override
    public Integer call() {
        BrokerConfig config;
        try {
            CommonPool.check();
            config = ConfigLoader.load(Optional.ofNullable(file), environment, systemProperties(), hostName());
        } catch (IllegalStateException e) {
            tell(String.valueOf(e.getMessage()));
            return FAILED;
        } catch (ConfigException e) {
            e.faults().forEach(this::tell);
            return WRONG_SETTINGS;
        }
        if (config.auth().isAnonymous()) {
            LOG.warn("auth.mode=anonymous lets everybody in; for local trials only");
        }
        if (config.auth().hook().filter(HookConfig::isExposed).isPresent()) {
            LOG.warn("auth.hook.url is http to another machine: tokens and auth.hook.key can be read on their way");
        }
        start(config);
        return RUNNING;
    }

    private void start(BrokerConfig config) {
        Future<? extends Node> starting = starter.apply(config);
        Signals.on("TERM", number -> onSignal(number, starting, config.drain().timeout()));
        Signals.on("INT", number -> onSignal(number, starting, config.drain().timeout()));
        starting.onSuccess(node -> {
                    node.onAskedToLeave(
                            () -> stop("asked by api", node, config.drain().timeout()));
                    LOG.info("ready {}", node.summary());
                })
                .onFailure(cause -> {
                    LOG.error("node not started node={}", config.nodeName(), cause);
                    exit.accept(FAILED);
                });
    }

    private void onSignal(int number, Future<? extends Node> starting, Duration limit) {
        // A node that is still starting serves nobody; and who asks twice means it.
        if (signals.incrementAndGet() > 1 || !starting.succeeded()) {
            LOG.warn("ends at once signal={}", number);
            exit.accept(SIGNALLED + number);
            return;
        }
        stop("signal=" + number, starting.result(), limit);
    }

    /** Whoever asks a node to leave that leaves already has what they want. */
    private void stop(String why, Node node, Duration limit) {
        if (!stopping.compareAndSet(false, true)) {
            LOG.info("stopping already {}", why);
            return;
        }
        LOG.info("stopping {} limit={}", why, limit);
        node.stop(limit)
                .onSuccess(stopped -> {
                    LOG.info("stopped");
                    exit.accept(0);
                })
                .onFailure(cause -> {
                    LOG.error("not stopped gracefully", cause);
                    exit.accept(FAILED);
                });
    }

    private void tell(String line) {
        if (spec != null) {
            spec.commandLine().getErr().println(line);
        }
    }

    private static Map<String, String> systemProperties() {
        Properties properties = System.getProperties();
        return properties.stringPropertyNames().stream()
                .collect(Collectors.toMap(Function.identity(), properties::getProperty));
    }

    private static String hostName() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "localhost";
        }
    }

    /** The version of the jar that runs. */
    static final class Version implements CommandLine.IVersionProvider {

        private static final String RESOURCE = "/META-INF/maven/io.rejoin/broker-node/pom.properties";

        @Override
        public String[] getVersion() throws IOException {
            Properties properties = new Properties();
            try (InputStream in = Version.class.getResourceAsStream(RESOURCE)) {
                if (in != null) {
                    properties.load(in);
                }
            }
            return new String[] {"rejoin-node " + properties.getProperty("version", "(not packaged)")};
        }
    }
}
