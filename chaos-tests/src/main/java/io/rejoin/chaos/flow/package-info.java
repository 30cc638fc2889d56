/** Shows that no client makes a node grow or delays others. Entry type: {@link io.rejoin.chaos.flow.FlowRun}. */
@NullMarked
package io.rejoin.chaos.flow;

import org.jspecify.annotations.NullMarked;
