/** A network of the run's own: every node has a namespace and an address, and every link between two addresses can fail alone. */
@NullMarked
package io.rejoin.chaos.net;

import org.jspecify.annotations.NullMarked;
