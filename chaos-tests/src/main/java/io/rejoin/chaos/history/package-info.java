/** What clients did and saw, in one order, on disk as it happens. */
@NullMarked
package io.rejoin.chaos.history;

import org.jspecify.annotations.NullMarked;
