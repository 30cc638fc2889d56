/**
 * Many clients over sockets of their own: shows that none of them makes a node grow or delays others ({@link
 * io.rejoin.chaos.flow.FlowRun}), and that all of them go on where they were when nodes leave or die ({@link
 * io.rejoin.chaos.flow.StormRun}).
 */
@NullMarked
package io.rejoin.chaos.flow;

import org.jspecify.annotations.NullMarked;
