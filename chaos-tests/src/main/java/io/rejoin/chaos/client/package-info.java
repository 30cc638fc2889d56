/** Clients that speak the wire protocol themselves and write all that they see into the history. */
@NullMarked
package io.rejoin.chaos.client;

import org.jspecify.annotations.NullMarked;
