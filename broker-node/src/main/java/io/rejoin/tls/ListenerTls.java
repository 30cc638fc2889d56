package io.rejoin.tls;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS of one listener, with a certificate that may change while it listens.
 *
 * <p>Threading: thread-safe. Limits: files are looked at every {@link #LOOK_EVERY}. Failure: files that are broken at the start fail it;
 * files that become so later are told in the log, and the last ones that were good stay in use. A change is for new connections.
 */
public final class ListenerTls {

    /** How often a changed file is looked for. */
    public static final Duration LOOK_EVERY = Duration.ofSeconds(5);

    private static final Logger LOG = LoggerFactory.getLogger(ListenerTls.class);

    private static final Set<String> PROTOCOLS = Set.of("TLSv1.2", "TLSv1.3");
    /** A WebSocket is an upgrade of HTTP/1.1. */
    private static final List<HttpVersion> HTTP = List.of(HttpVersion.HTTP_1_1);

    private final Vertx vertx;
    private final String listener;
    private final PemFiles files;
    private volatile KeyPairFile seen;
    private volatile PemKeyCertOptions good;
    /** What was told last, so that it is not told at each look. */
    private volatile String fault = "";

    private ListenerTls(Vertx vertx, String listener, PemFiles files, KeyPairFile seen, PemKeyCertOptions good) {
        this.vertx = vertx;
        this.listener = listener;
        this.files = files;
        this.seen = seen;
        this.good = good;
    }

    /**
     * Reads the files.
     *
     * @param listener its name, for the log
     * @param files empty when the listener speaks plain text
     * @return empty when there are none; failed when one is broken, with the name of the file
     */
    public static Future<Optional<ListenerTls>> load(Vertx vertx, String listener, Optional<PemFiles> files) {
        return files.isEmpty()
                ? Future.succeededFuture(Optional.empty())
                : vertx.executeBlocking(() -> Optional.of(read(vertx, listener, files.get())));
    }

    private static ListenerTls read(Vertx vertx, String listener, PemFiles files)
            throws IOException, GeneralSecurityException {
        KeyPairFile found = KeyPairFile.read(files);
        ListenerTls tls = new ListenerTls(vertx, listener, files, found, found.options(vertx));
        tls.tell(found.certificate());
        return tls;
    }

    private void tell(X509Certificate certificate) {
        LOG.info(
                "certificate in use listener={} subject=\"{}\" until={}",
                listener,
                certificate.getSubjectX500Principal().getName(),
                certificate.getNotAfter().toInstant());
        try {
            certificate.checkValidity();
        } catch (CertificateException e) {
            LOG.warn(
                    "certificate is not valid now, clients will refuse it listener={} certificate={} from={} until={}",
                    listener,
                    files.certificate(),
                    certificate.getNotBefore().toInstant(),
                    certificate.getNotAfter().toInstant());
        }
    }

    /**
     * Makes a server speak TLS 1.2 or 1.3 and nothing else.
     *
     * @param handshakeTimeout a connection that has not finished the TLS handshake by then is cut off
     */
    public void configure(HttpServerOptions options, Duration handshakeTimeout) {
        options.setSsl(true)
                .setUseAlpn(true)
                .setAlpnVersions(HTTP)
                .setKeyCertOptions(good)
                .setEnabledSecureTransportProtocols(PROTOCOLS)
                .setSslHandshakeTimeout(handshakeTimeout.toMillis())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
    }

    /**
     * Lets a server follow changes of the files, as long as its Vert.x runs.
     *
     * @param server listening; of servers that share a port, one
     */
    public void follow(HttpServer server, HttpServerOptions options) {
        follow(server, options, LOOK_EVERY);
    }

    void follow(HttpServer server, HttpServerOptions options, Duration every) {
        ServerSSLOptions former = options.getSslOptions();
        vertx.setPeriodic(every.toMillis(), fired -> look(server, former));
    }

    private void look(HttpServer server, ServerSSLOptions former) {
        Future<Optional<PemKeyCertOptions>> found;
        try {
            found = vertx.executeBlocking(this::changed);
        } catch (RejectedExecutionException closing) {
            // Timers of a Vert.x end a moment later than its workers.
            return;
        }
        found.compose(changed -> changed.isEmpty()
                        ? Future.succeededFuture(false)
                        : server.updateSSLOptions(former.copy().setKeyCertOptions(changed.get()), true)
                                .onSuccess(updated -> good = changed.get()))
                .onSuccess(looked -> fault = "")
                .onFailure(this::tellOnce);
    }

    private void tellOnce(Throwable cause) {
        String text = String.valueOf(cause.getMessage());
        if (!text.equals(fault)) {
            fault = text;
            LOG.warn("changed TLS files not taken, the former stay in use listener={} {}", listener, text);
        }
    }

    /** What the files hold since they changed; empty when they did not. Each change is told once, be it good or not. */
    private Optional<PemKeyCertOptions> changed() throws IOException, GeneralSecurityException {
        KeyPairFile found = KeyPairFile.read(files);
        if (found.isSameAs(seen)) {
            return Optional.empty();
        }
        seen = found;
        PemKeyCertOptions options = found.options(vertx);
        tell(found.certificate());
        return Optional.of(options);
    }
}
