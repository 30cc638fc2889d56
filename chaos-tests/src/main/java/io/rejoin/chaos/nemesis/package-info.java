/** What is done to nodes, when, and until when the run then waits. */
@NullMarked
package io.rejoin.chaos.nemesis;

import org.jspecify.annotations.NullMarked;
