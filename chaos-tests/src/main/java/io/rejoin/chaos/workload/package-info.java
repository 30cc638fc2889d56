/** Which clients run, and what they do between faults. */
@NullMarked
package io.rejoin.chaos.workload;

import org.jspecify.annotations.NullMarked;
