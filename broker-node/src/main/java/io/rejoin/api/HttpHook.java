package io.rejoin.api;

import io.rejoin.auth.Hook;
import io.rejoin.auth.HookConfig;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Asks a hook by {@code POST}, on the loop of whoever asks.
 *
 * <p>Certificates and names are checked. Redirects are not followed: they would lead to where nobody agreed to send tokens to.
 *
 * <p>Threading: thread-safe. Limits: as many connections as questions at once, kept open for {@value #KEEP_ALIVE_SECONDS} s. Failure: what
 * was not answered in full within the time is given up, with its connection.
 */
public final class HttpHook implements Hook {

    /** Shorter than servers wait, as a rule, so that a question seldom meets a connection that is just being closed. */
    private static final int KEEP_ALIVE_SECONDS = 4;

    private static final int MAX_HEADERS = 16 << 10;

    private final HttpClient client;
    private final RequestOptions request;
    private final long timeoutMs;

    private HttpHook(Vertx vertx, HookConfig config, Optional<PemTrustOptions> trust) {
        this.timeoutMs = config.timeout().toMillis();
        HttpClientOptions options = new HttpClientOptions()
                .setSsl(config.isEncrypted())
                .setConnectTimeout(Math.toIntExact(timeoutMs))
                .setKeepAliveTimeout(KEEP_ALIVE_SECONDS)
                .setMaxHeaderSize(MAX_HEADERS);
        options.setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3")).setTcpNoDelay(true);
        trust.ifPresent(options::setTrustOptions);
        this.client = vertx.createHttpClient(
                options,
                new PoolOptions()
                        .setHttp1MaxSize(config.concurrency())
                        // A question that was given up may still hold its connection for a moment.
                        .setMaxWaitQueueSize(config.concurrency()));
        this.request = new RequestOptions()
                .setMethod(HttpMethod.POST)
                .setAbsoluteURI(config.uri().toString())
                .setFollowRedirects(false)
                .putHeader("Content-Type", "application/json")
                .putHeader("Accept", "application/json");
        config.key().ifPresent(key -> request.putHeader("Authorization", "Bearer " + key));
    }

    /**
     * Makes ready to ask.
     *
     * @return failed when {@link HookConfig#ca} holds no certificates; the hook itself need not be up yet
     */
    public static Future<HttpHook> create(Vertx vertx, HookConfig config) {
        return vertx.executeBlocking(() -> {
                    Optional<Path> file = config.ca();
                    return file.isEmpty() ? Optional.<PemTrustOptions>empty() : Optional.of(trust(file.get()));
                })
                .map(trust -> new HttpHook(vertx, config, trust));
    }

    private static PemTrustOptions trust(Path file) throws IOException {
        byte[] pem;
        try {
            pem = Files.readAllBytes(file);
        } catch (IOException unreadable) {
            throw new IOException("auth.hook.ca=" + file + " cannot be read (expected: a file)", unreadable);
        }
        try {
            if (CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem))
                    .isEmpty()) {
                throw new CertificateException("there is none");
            }
        } catch (CertificateException malformed) {
            throw new IOException("auth.hook.ca=" + file + " holds no certificates (expected: PEM)", malformed);
        }
        return new PemTrustOptions().addCertValue(Buffer.buffer(pem));
    }

    @Override
    public Future<Answer> ask(byte[] question) {
        Future<HttpClientRequest> connected = client.request(new RequestOptions(request));
        Future<Answer> answer = connected
                .compose(ready -> ready.send(Buffer.buffer(question)))
                .compose(response -> HttpBodies.read(response, MAX_BYTES)
                        .map(body -> new Answer(response.statusCode(), ByteBuffer.wrap(body))))
                .timeout(timeoutMs, TimeUnit.MILLISECONDS);
        return answer.onFailure(givenUp -> connected.onSuccess(HttpClientRequest::reset));
    }
}
