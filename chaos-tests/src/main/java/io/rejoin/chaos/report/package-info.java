/** What a run prints: counts, times and verdicts. */
@NullMarked
package io.rejoin.chaos.report;

import org.jspecify.annotations.NullMarked;
