/** Runs real nodes under faults and checks what clients saw. Entry type: {@link io.rejoin.chaos.ChaosRun}. */
@NullMarked
package io.rejoin.chaos;

import org.jspecify.annotations.NullMarked;
