/** Proxies as users put them in front of nodes: real processes, configured as docs/operations.md says. */
@NullMarked
package io.rejoin.chaos.proxy;

import org.jspecify.annotations.NullMarked;
