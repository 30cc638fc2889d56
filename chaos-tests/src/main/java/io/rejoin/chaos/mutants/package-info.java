/**
 * Known-bad nodes, on which the checkers of a chaos run have to go red. Entry types: {@link io.rejoin.chaos.mutants.Mutants}, the table, and
 * {@link io.rejoin.chaos.mutants.Teeth}, the program.
 */
@NullMarked
package io.rejoin.chaos.mutants;

import org.jspecify.annotations.NullMarked;
