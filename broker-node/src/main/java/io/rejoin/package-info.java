/**
 * The node as a process: its command line, its life and the wiring of its parts. Entry type: {@link io.rejoin.Main}. The only package
 * that makes adapters, clocks and threads.
 */
@NullMarked
package io.rejoin;

import org.jspecify.annotations.NullMarked;
