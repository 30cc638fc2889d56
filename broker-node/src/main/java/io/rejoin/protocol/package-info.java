/**
 * The contract with clients: frames, codes, limits and the JSON codec. Entry type: {@link io.rejoin.protocol.FrameCodec}. It knows
 * bytes and frames, not sockets, rooms or sessions.
 */
@NullMarked
package io.rejoin.protocol;

import org.jspecify.annotations.NullMarked;
