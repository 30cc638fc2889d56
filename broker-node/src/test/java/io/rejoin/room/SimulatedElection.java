package io.rejoin.room;

import io.rejoin.quorum.Election;
import io.rejoin.quorum.Electorate;
import io.rejoin.quorum.Vote;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The simulated cluster as elections see it, as {@code cluster.ClusterElection} shows them the real one.
 *
 * <p>Threading: cluster loop of the node.
 */
final class SimulatedElection implements Election.Cluster {

    private final SimulatedCluster cluster;
    private final SimulatedNode node;

    SimulatedElection(SimulatedCluster cluster, SimulatedNode node) {
        this.cluster = cluster;
        this.node = node;
    }

    @Override
    public boolean isOldest() {
        return node.isJoined() && SimulatedCluster.oldest(node.view()) == node;
    }

    @Override
    public Set<UUID> view() {
        Set<UUID> ids = new LinkedHashSet<>();
        node.view().forEach(member -> ids.add(member.id()));
        return ids;
    }

    @Override
    public int planned() {
        return cluster.planned();
    }

    @Override
    public long beginWaitMs() {
        return 60_000;
    }

    @Override
    public boolean isComplete() {
        for (int partition = 0; partition < SimulatedCluster.PARTITIONS; partition++) {
            List<SimulatedNode> slots = Arrays.asList(node.table().slots(partition));
            int asked = node.asked(partition);
            if (asked == 0 || !node.view().containsAll(slots.subList(0, asked))) {
                return false;
            }
        }
        return true;
    }

    @Override
    public long timeMs() {
        return cluster.now();
    }

    @Override
    public long tick() {
        return node.tick();
    }

    @Override
    public void ask(UUID member, Consumer<Vote> onVote) {
        call(member, asked -> asked.voter().vote(asked.id()), onVote);
    }

    @Override
    public void offer(UUID member, Electorate electorate, long expected, Consumer<Boolean> onAccepted) {
        call(member, asked -> asked.voter().accept(electorate, expected), onAccepted);
    }

    @Override
    public void open(UUID member, Electorate electorate, Consumer<Boolean> onOpened) {
        call(
                member,
                asked -> {
                    cluster.onOpened(electorate);
                    return asked.voter().open(electorate);
                },
                onOpened);
    }

    private <T> void call(UUID id, Function<SimulatedNode, T> question, Consumer<T> onAnswer) {
        for (SimulatedNode member : node.view()) {
            if (member.id().equals(id)) {
                cluster.send(
                        node,
                        member,
                        () -> member.clusterLoop().execute(() -> {
                            T answer = question.apply(member);
                            cluster.send(member, node, () -> node.clusterLoop().execute(() -> onAnswer.accept(answer)));
                        }));
            }
        }
    }
}
