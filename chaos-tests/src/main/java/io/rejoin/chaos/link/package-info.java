/** Links that fail silently: clients and nodes that stop, and cables that are pulled. */
@NullMarked
package io.rejoin.chaos.link;

import org.jspecify.annotations.NullMarked;
