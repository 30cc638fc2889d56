/** Known-bad nodes, on which the checkers of a chaos run have to go red. Entry type: {@link io.rejoin.chaos.mutants.Mutants}, the table. */
@NullMarked
package io.rejoin.chaos.mutants;

import org.jspecify.annotations.NullMarked;
