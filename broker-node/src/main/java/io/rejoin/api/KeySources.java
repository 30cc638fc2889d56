package io.rejoin.api;

import io.rejoin.auth.JwtConfig.KeyLocation;
import io.rejoin.auth.KeySource;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * Reads the keys of tokens: files on a worker thread, URLs by an HTTP client.
 *
 * <p>Threading: thread-safe, stateless.
 */
public final class KeySources {

    private static final int TIMEOUT_SECONDS = 5;

    private KeySources() {}

    /** The source at a location. */
    public static KeySource at(Vertx vertx, KeyLocation location) {
        if (location instanceof KeyLocation.KeyUrl url) {
            return url(vertx, url.uri());
        }
        Path path =
                location instanceof KeyLocation.KeyFile keys ? keys.path() : ((KeyLocation.SecretFile) location).path();
        return () -> vertx.executeBlocking(() -> file(path), false);
    }

    private static byte[] file(Path path) throws IOException {
        byte[] content;
        try (InputStream in = Files.newInputStream(path)) {
            content = in.readNBytes(KeySource.MAX_BYTES + 1);
        } catch (IOException unreadable) {
            throw new IOException("keys of tokens: " + path + " cannot be read (expected: a file)", unreadable);
        }
        if (content.length > KeySource.MAX_BYTES) {
            throw new IOException(path + " is too large (expected: at most " + KeySource.MAX_BYTES + " bytes)");
        }
        return content;
    }

    /** Redirects are not followed: they would lead to where nobody agreed to take keys from. */
    private static KeySource url(Vertx vertx, URI uri) {
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setSsl("https".equals(uri.getScheme()))
                        .setConnectTimeout(TIMEOUT_SECONDS * 1_000)
                        .setKeepAlive(false)
                        .setMaxHeaderSize(16 << 10),
                new PoolOptions().setHttp1MaxSize(1).setMaxWaitQueueSize(1));
        RequestOptions request = new RequestOptions()
                .setMethod(HttpMethod.GET)
                .setAbsoluteURI(uri.toString())
                .setFollowRedirects(false)
                .setTimeout(TIMEOUT_SECONDS * 1_000L)
                .putHeader("Accept", "application/jwk-set+json, application/json");
        return () -> client.request(request)
                .compose(HttpClientRequest::send)
                .compose(response -> body(response, uri))
                .timeout(2 * TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }

    private static Future<byte[]> body(HttpClientResponse response, URI uri) {
        if (response.statusCode() != 200) {
            response.request().reset();
            return Future.failedFuture(uri + " status=" + response.statusCode() + " (expected: 200)");
        }
        return HttpBodies.read(response, KeySource.MAX_BYTES)
                .recover(cause -> Future.failedFuture(new IOException(uri + ": " + cause.getMessage(), cause)));
    }
}
