/** Laws over a history; each is streaming and has unit tests with planted faults. */
@NullMarked
package io.rejoin.chaos.checker;

import org.jspecify.annotations.NullMarked;
