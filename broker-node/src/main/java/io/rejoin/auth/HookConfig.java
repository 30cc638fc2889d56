package io.rejoin.auth;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How a hook is asked.
 *
 * <p>Threading: immutable.
 *
 * @param uri http or https
 * @param key by which the hook knows the node; empty when it need not
 * @param ca certificates of authorities that vouch for the hook; empty for those that the JVM trusts
 * @param timeout of one question
 * @param concurrency most questions at once
 * @param failures so many in a row, and nothing is asked for a while
 * @param pause that while
 * @param headers of a client's request for a WebSocket that the hook is told, in lower case
 * @param defaultGrants for answers that say nothing of grants
 */
public record HookConfig(
        URI uri,
        Optional<String> key,
        Optional<Path> ca,
        Duration timeout,
        int concurrency,
        int failures,
        Duration pause,
        List<String> headers,
        Grants defaultGrants) {

    private static final Set<String> LOCAL = Set.of("localhost", "127.0.0.1", "[::1]");

    /** Copies the list. */
    public HookConfig {
        headers = List.copyOf(headers);
    }

    /** Whether it is encrypted on its way. */
    public boolean isEncrypted() {
        return "https".equals(uri.getScheme());
    }

    /** Whether tokens and the key can be read on their way. */
    public boolean isExposed() {
        return !isEncrypted() && !LOCAL.contains(uri.getHost());
    }

    @Override
    public String toString() {
        return "HookConfig[uri=" + uri + ", key=" + (key.isPresent() ? "***" : "none") + ", ca=" + ca + ", timeout="
                + timeout + ", concurrency=" + concurrency + ", failures=" + failures + ", pause=" + pause
                + ", headers=" + headers + ", defaultGrants=" + defaultGrants + "]";
    }
}
