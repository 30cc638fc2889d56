package io.rejoin.ops;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.rejoin.auth.AuthMetrics;
import io.rejoin.cluster.ClusterMetrics;
import io.rejoin.flow.LogBudget;
import io.rejoin.flow.NodeBudgets;
import io.rejoin.protocol.CloseCode;
import io.rejoin.room.RoomMetrics;
import io.rejoin.session.SessionMetrics;
import io.rejoin.transport.TransportMetrics;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Measures what all packages tell, for Prometheus.
 *
 * <p>Threading: thread-safe. Limits: tag values come from closed sets; codes that a client chooses freely are counted as {@code other}.
 *
 * @see <a href="docs/operations.md">operations, metrics</a>
 */
public final class BrokerMetrics
        implements TransportMetrics, RoomMetrics, SessionMetrics, ClusterMetrics, AuthMetrics, AutoCloseable {

    private static final Duration[] BOUNDS = durations(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000);
    private static final Duration[] LONG_BOUNDS =
            durations(1_000, 10_000, 60_000, 600_000, 3_600_000, 21_600_000, 86_400_000);

    /** Of RFC 6455, besides ours; others are a client's own. */
    private static final Set<Integer> KNOWN_CLOSES = Stream.concat(
                    Stream.of(1001, 1002, 1003, 1005, 1006, 1008, 1010, 1011),
                    Stream.of(CloseCode.values()).map(CloseCode::number))
            .collect(Collectors.toUnmodifiableSet());

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();

    private volatile LogBudget logs = new LogBudget(0);
    private volatile NodeBudgets budgets = NodeBudgets.within(NodeBudgets.Limits.USUAL, () -> 0);

    private final AtomicInteger members = new AtomicInteger();
    private final AtomicInteger planned = new AtomicInteger();
    private final AtomicInteger safe = new AtomicInteger();
    private final AtomicInteger open = new AtomicInteger();
    private final Counter opened = counter(Signal.CONNECTIONS_OPENED);
    private final Tagged<Counter> closed = new Tagged<>(code -> counter(Signal.CONNECTIONS_CLOSED, code));
    private final Timer lifetime = timer(Signal.CONNECTION_LIFETIME);
    private final Tagged<Counter> refused = new Tagged<>(status -> counter(Signal.HANDSHAKES_REFUSED, status));
    private final Tagged<Counter> cutOff = new Tagged<>(reason -> counter(Signal.HANDSHAKES_CUT_OFF, reason));
    private final Timer roundTrip = timer(Signal.HEARTBEAT_ROUND_TRIP);
    private final Counter overflows = counter(Signal.CONTROL_QUEUE_OVERFLOWS);
    private final Counter framesSent = counter(Signal.FRAMES_SENT);
    private final Counter bytesSent = counter(Signal.BYTES_SENT);
    private final Counter writes = counter(Signal.WRITES);
    private final Counter messagesReceived = counter(Signal.MESSAGES_RECEIVED);
    private final Counter bytesReceived = counter(Signal.BYTES_RECEIVED);

    private final Tagged<Timer> hello = new Tagged<>(outcome -> timer(Signal.HELLO, outcome));
    private final Tagged<Timer> hook = new Tagged<>(result -> timer(Signal.HOOK, result));
    private final Tagged<Counter> hookSpared = new Tagged<>(why -> counter(Signal.HOOK_SPARED, why));
    private final Tagged<Counter> arrivalsRefused = new Tagged<>(stage -> counter(Signal.ARRIVALS_REFUSED, stage));
    private final Tagged<Counter> takeovers = new Tagged<>(foundBy -> counter(Signal.TAKEOVERS, foundBy));
    private final Tagged<Counter> errors = new Tagged<>(code -> counter(Signal.ERRORS, code));
    private final Timer publish = timer(Signal.PUBLISH);
    private final Counter backpressure = counter(Signal.BACKPRESSURE);
    private final Counter throttles = counter(Signal.THROTTLES);
    private final Tagged<Counter> publishesRefused = new Tagged<>(whose -> counter(Signal.PUBLISHES_REFUSED, whose));

    private final Timer append = timer(Signal.HOPS, "append");
    private final Timer fanOut = timer(Signal.HOPS, "fan-out");
    private final Tagged<Counter> retried = new Tagged<>(reason -> counter(Signal.APPENDS_RETRIED, reason));
    private final Tagged<Counter> drafts = new Tagged<>(outcome -> counter(Signal.DRAFTS, outcome));
    private final Counter encodings = counter(Signal.ENCODINGS);
    private final Counter deliveries = counter(Signal.DELIVERIES);
    private final Counter ephemeralDeliveries = counter(Signal.EPHEMERAL_DELIVERIES);
    private final Counter conflated = counter(Signal.CONFLATED);
    private final Tagged<Counter> slowConsumers = new Tagged<>(action -> counter(Signal.SLOW_CONSUMERS, action));
    private final Counter lags = counter(Signal.LAGS);
    private final Tagged<Counter> gaps = new Tagged<>(reason -> counter(Signal.GAPS, reason));
    private final Tagged<Counter> joins = new Tagged<>(outcome -> counter(Signal.JOINS, outcome));
    private final Tagged<Counter> repairs = new Tagged<>(kind -> counter(Signal.REPAIRS, kind));
    private final Counter catchUps = counter(Signal.CATCH_UPS);
    private final Counter ephemeralDropped = counter(Signal.EPHEMERAL_DROPPED);
    private final Tagged<Counter> ephemeralUnsent = new Tagged<>(why -> counter(Signal.EPHEMERAL_UNSENT, why));

    /** Registers everything, the metrics of the JVM included. */
    public BrokerMetrics() {
        gauge(Signal.CONNECTIONS, open);
        gauge(Signal.CLUSTER_MEMBERS, members);
        gauge(Signal.CLUSTER_PLANNED, planned);
        gauge(Signal.CLUSTER_SAFE, safe);
        gauge(Signal.APPEND_BYTES, used -> used.appends().used());
        gauge(Signal.LOG_BYTES, used -> logs.used());
        counter(Signal.LOGS_REFUSED, used -> logs.refused());
        gauge(Signal.TAIL_BYTES, used -> used.tails().used());
        gauge(Signal.CATCH_UPS_WAITING, used -> used.reads().waiting());
        counter(Signal.APPENDS_REFUSED, used -> used.appends().refused());
        counter(Signal.TAILS_EMPTIED, used -> used.tails().emptied());
        List<MeterBinder> jvm = List.of(
                collections,
                new JvmMemoryMetrics(),
                new JvmThreadMetrics(),
                new ClassLoaderMetrics(),
                new ProcessorMetrics(),
                new UptimeMetrics(),
                new FileDescriptorMetrics());
        jvm.forEach(binder -> binder.bindTo(registry));
    }

    private void gauge(Signal signal, AtomicInteger value) {
        Gauge.builder(signal.scraped(), value, AtomicInteger::get)
                .description(signal.help())
                .register(registry);
    }

    private void gauge(Signal signal, ToDoubleFunction<NodeBudgets> value) {
        Gauge.builder(signal.scraped(), () -> value.applyAsDouble(budgets))
                .description(signal.help())
                .register(registry);
    }

    private void counter(Signal signal, ToDoubleFunction<NodeBudgets> value) {
        FunctionCounter.builder(signal.scraped(), this, metrics -> value.applyAsDouble(metrics.budgets))
                .description(signal.help())
                .register(registry);
    }

    /** Shows this budget from now on. */
    public void watch(LogBudget current) {
        logs = current;
    }

    /** Shows these budgets from now on; a node that joins the cluster anew has new ones. */
    public void watch(NodeBudgets current) {
        budgets = current;
    }

    @Override
    public void onMembers(int seen, int plan) {
        members.set(seen);
        planned.set(plan);
    }

    @Override
    public void onSafe(boolean inPlace) {
        safe.set(inPlace ? 1 : 0);
    }

    /** All metrics in the text format of Prometheus; takes milliseconds, so not for an event loop. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        collections.close();
        registry.close();
    }

    @Override
    public void opened() {
        open.incrementAndGet();
        opened.increment();
    }

    @Override
    public void closed(int code, long lifetimeMs) {
        open.decrementAndGet();
        closed.of(KNOWN_CLOSES.contains(code) ? Integer.toString(code) : "other")
                .increment();
        lifetime.record(lifetimeMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void refused(int status) {
        refused.of(Integer.toString(status)).increment();
    }

    @Override
    public void handshakeCutOff(String reason) {
        cutOff.of(reason).increment();
    }

    @Override
    public void roundTrip(long millis) {
        roundTrip.record(millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public void controlQueueOverflow() {
        overflows.increment();
    }

    @Override
    public void written(int frames, int bytes) {
        writes.increment();
        framesSent.increment(frames);
        bytesSent.increment(bytes);
    }

    @Override
    public void received(int bytes) {
        messagesReceived.increment();
        bytesReceived.increment(bytes);
    }

    @Override
    public void onHello(String outcome, long tookMs) {
        hello.of(outcome).record(tookMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void onHook(String result, long tookMs) {
        hook.of(result).record(tookMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void onHookSpared(String why) {
        hookSpared.of(why).increment();
    }

    @Override
    public void onArrivalRefused(String stage) {
        arrivalsRefused.of(stage).increment();
    }

    @Override
    public void onTakeover(String foundBy) {
        takeovers.of(foundBy).increment();
    }

    @Override
    public void onError(String code) {
        errors.of(code).increment();
    }

    @Override
    public void onPublish(long tookMs) {
        publish.record(tookMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void onBackpressure() {
        backpressure.increment();
    }

    @Override
    public void onThrottle() {
        throttles.increment();
    }

    @Override
    public void onPublishRefused(String whose) {
        publishesRefused.of(whose).increment();
    }

    @Override
    public void onAppend(int count, long tookMs) {
        append.record(tookMs, TimeUnit.MILLISECONDS);
    }

    @Override
    public void onAppendRetry(String reason) {
        retried.of(reason).increment();
    }

    @Override
    public void onDraft(String outcome) {
        drafts.of(outcome).increment();
    }

    @Override
    public void onEncode(int publications) {
        encodings.increment(publications);
    }

    @Override
    public void onFanOut(long tookMs) {
        // Across nodes it is a difference of two clocks.
        fanOut.record(Math.max(0, tookMs), TimeUnit.MILLISECONDS);
    }

    @Override
    public void onDeliver(int publications) {
        deliveries.increment(publications);
    }

    @Override
    public void onDeliverEphemeral(int publications) {
        ephemeralDeliveries.increment(publications);
    }

    @Override
    public void onConflated(long publications) {
        conflated.increment((double) publications);
    }

    @Override
    public void onSlowConsumer(String action) {
        slowConsumers.of(action).increment();
    }

    @Override
    public void onLag() {
        lags.increment();
    }

    @Override
    public void onGap(String reason) {
        gaps.of(reason).increment();
    }

    @Override
    public void onJoin(String outcome) {
        joins.of(outcome).increment();
    }

    @Override
    public void onRepair(String kind) {
        repairs.of(kind).increment();
    }

    @Override
    public void onCatchUp(int publications) {
        catchUps.increment(publications);
    }

    @Override
    public void onEphemeralDropped(long count) {
        ephemeralDropped.increment((double) count);
    }

    @Override
    public void onEphemeralUnsent(String why, long count) {
        ephemeralUnsent.of(why).increment((double) count);
    }

    private Counter counter(Signal signal) {
        return Counter.builder(signal.scraped()).description(signal.help()).register(registry);
    }

    private Counter counter(Signal signal, String value) {
        return Counter.builder(signal.scraped())
                .description(signal.help())
                .tag(signal.tag(), value)
                .register(registry);
    }

    private Timer timer(Signal signal) {
        return timer(signal, Timer.builder(signal.scraped()));
    }

    private Timer timer(Signal signal, String value) {
        return timer(signal, Timer.builder(signal.scraped()).tag(signal.tag(), value));
    }

    private Timer timer(Signal signal, Timer.Builder timer) {
        return timer.description(signal.help())
                .serviceLevelObjectives(signal.kind() == Signal.Kind.LONG_TIMER ? LONG_BOUNDS : BOUNDS)
                .register(registry);
    }

    private static Duration[] durations(long... millis) {
        return Arrays.stream(millis).mapToObj(Duration::ofMillis).toArray(Duration[]::new);
    }

    /** One meter per value of a tag, made when the value first occurs. */
    private static final class Tagged<M> {
        private final Map<String, M> meters = new ConcurrentHashMap<>();
        private final Function<String, M> make;

        private Tagged(Function<String, M> make) {
            this.make = make;
        }

        private M of(String value) {
            M meter = meters.get(value);
            return meter != null ? meter : meters.computeIfAbsent(value, make);
        }
    }
}
