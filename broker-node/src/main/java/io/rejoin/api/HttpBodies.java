package io.rejoin.api;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;

/** Reads bodies of responses, up to a bound. */
final class HttpBodies {

    private HttpBodies() {}

    /**
     * Reads all of it; to be called before anything of it was read.
     *
     * @return failed when it is longer or breaks off; then its request is reset
     */
    static Future<byte[]> read(HttpClientResponse response, int mostBytes) {
        Promise<byte[]> whole = Promise.promise();
        Buffer body = Buffer.buffer();
        response.exceptionHandler(whole::tryFail);
        response.handler(part -> {
            if (body.length() + part.length() > mostBytes) {
                whole.tryFail("body is too large (expected: at most " + mostBytes + " bytes)");
                response.request().reset();
            } else {
                body.appendBuffer(part);
            }
        });
        response.endHandler(ended -> whole.tryComplete(body.getBytes()));
        return whole.future();
    }
}
