package io.rejoin.protocol;

import org.jspecify.annotations.Nullable;

/**
 * A client frame that cannot be handled, and what its {@code error} will say.
 *
 * <p>Threading: immutable.
 *
 * @param ref the frame's ref, when it had a usable one
 * @param room the frame's room, when it had a usable one
 * @param number the publish's number, 0 when there was no usable one
 * @param code bad-request, unknown-type or forbidden
 * @param message names the member, what it was and what was expected
 */
public record Rejection(@Nullable Ref ref, @Nullable String room, long number, ErrorCode code, String message) {}
