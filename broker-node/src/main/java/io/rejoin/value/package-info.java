/**
 * Ids and quantities that every other package speaks in: records and enums only, without behaviour that needs a clock, a
 * thread or a socket. It knows nothing but the JDK.
 */
@NullMarked
package io.rejoin.value;

import org.jspecify.annotations.NullMarked;
