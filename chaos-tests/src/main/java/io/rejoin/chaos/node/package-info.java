/** Node processes: started by the script that users start, ended and frozen by signals. */
@NullMarked
package io.rejoin.chaos.node;

import org.jspecify.annotations.NullMarked;
