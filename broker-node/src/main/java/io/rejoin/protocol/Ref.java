package io.rejoin.protocol;

/**
 * What a client wrote to match a reply to its request.
 *
 * <p>Threading: immutable.
 *
 * @param json an integer or a string, as JSON text to be echoed
 */
public record Ref(String json) {}
