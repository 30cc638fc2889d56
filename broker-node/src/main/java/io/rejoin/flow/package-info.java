/**
 * Pacing of work: event loops and their timers, admission of inbound work, bounds of outbound queues. It knows no room and no
 * session.
 */
@NullMarked
package io.rejoin.flow;

import org.jspecify.annotations.NullMarked;
