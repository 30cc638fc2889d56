/**
 * Settings of a node: read from all sources, checked together, composed of the records of the packages that they configure. Entry type:
 * {@link io.rejoin.config.ConfigLoader}.
 */
@NullMarked
package io.rejoin.config;

import org.jspecify.annotations.NullMarked;
