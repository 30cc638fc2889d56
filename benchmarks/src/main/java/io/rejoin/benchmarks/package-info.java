/**
 * Load programs with printed results: {@link io.rejoin.benchmarks.AppendBenchmark} for the replicated log itself, {@link
 * io.rejoin.benchmarks.FanOutBenchmark} for a node's deliveries beside a naive server.
 */
@NullMarked
package io.rejoin.benchmarks;

import org.jspecify.annotations.NullMarked;
