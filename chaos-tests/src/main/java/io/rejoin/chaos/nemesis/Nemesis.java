package io.rejoin.chaos.nemesis;

import io.rejoin.chaos.net.Facility;
import java.util.Random;
import java.util.Set;

/**
 * One kind of fault: chooses its targets, does it, holds it, and heals it, each fault with its start and end in the history.
 *
 * <p>Threading: stateless; a strike holds its thread up until it is healed. The same random choices make the same strike, but for
 * targets that follow from what the cluster decided, such as the owner of a room.
 */
public sealed interface Nemesis permits Kill, Freeze, Cut, Slow, Restart, ClientFault, Chain {

    /** Its name in the history and on the command line. */
    String text();

    /** What it cannot do without. */
    Set<Facility> needs();

    /** Whether it does nothing that keeps another one from striking at the same time. */
    default boolean isLight() {
        return false;
    }

    /** Whether no other one may strike at the same time. */
    default boolean standsAlone() {
        return false;
    }

    /** Whether it may lose what was acknowledged, so that it has to have a run of its own. */
    default boolean losesData() {
        return false;
    }

    /**
     * Strikes once.
     *
     * @throws IllegalStateException when the cluster does not do in time what it has to
     */
    void strike(Scene scene, Random random);
}
