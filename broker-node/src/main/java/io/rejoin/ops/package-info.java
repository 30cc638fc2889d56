/**
 * What operators and orchestrators see: health over HTTP and metrics. Entry types: {@link io.rejoin.ops.HealthServer} and {@link
 * io.rejoin.ops.BrokerMetrics}. It measures and tells; it decides nothing.
 */
@NullMarked
package io.rejoin.ops;

import org.jspecify.annotations.NullMarked;
