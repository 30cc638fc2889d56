package io.rejoin.auth;

import io.rejoin.value.UserId;
import org.jspecify.annotations.Nullable;

/**
 * Who a connection speaks for.
 *
 * <p>Threading: immutable.
 *
 * @param user {@code null} for an anonymous one
 */
public record Principal(@Nullable UserId user) {}
