package io.rejoin.testing;

import io.rejoin.room.AppendResult;
import io.rejoin.room.Draft;
import io.rejoin.room.HistoryView;
import io.rejoin.room.JoinQuery;
import io.rejoin.room.JoinView;
import io.rejoin.room.Publication;
import io.rejoin.room.RoomLog;
import io.rejoin.value.NodeId;
import io.rejoin.value.Position;
import io.rejoin.value.RoomId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A log between whose question, effect and answer the test may let anything happen: each call is handed to a script, which
 * performs it, or not, and answers it, or fails it, when it likes.
 *
 * <p>Threading: that of {@link ManualScheduler}; answers run on the loop that asked.
 */
public final class ScriptedRoomLog implements RoomLog {

    private final RoomLog log;
    private final ManualScheduler scheduler;
    private final List<Call> waiting = new ArrayList<>();
    private Consumer<Call> script = Call::performAndAnswer;

    /** Creates a view of a log that answers at once until it is told otherwise. */
    public ScriptedRoomLog(RoomLog log, ManualScheduler scheduler) {
        this.log = log;
        this.scheduler = scheduler;
    }

    /** One call. */
    public final class Call {

        private final String name;
        private final Runnable effect;
        private final Runnable answer;
        private final Runnable failure;
        private final Runnable refusal;
        private final ManualScheduler.@Nullable Loop caller = scheduler.current();

        private Call(String name, Runnable effect, Runnable answer, Runnable failure, Runnable refusal) {
            this.name = name;
            this.effect = effect;
            this.answer = answer;
            this.failure = failure;
            this.refusal = refusal;
        }

        /** The method that was called. */
        public String name() {
            return name;
        }

        /** Lets it take effect in the log; the answer is what the log gives now. */
        public void perform() {
            effect.run();
        }

        /** Gives the answer of {@link #perform}. */
        public void answer() {
            onCaller(answer);
        }

        /** Tells that the outcome is unknown. */
        public void fail() {
            onCaller(failure);
        }

        /** Tells that too few copies are in sync; only for an append. */
        public void refuse() {
            onCaller(refusal);
        }

        /** Both at once. */
        public void performAndAnswer() {
            perform();
            answer();
        }

        private void onCaller(Runnable task) {
            waiting.remove(this);
            if (caller == null || caller.isCurrent()) {
                task.run();
            } else {
                caller.execute(task);
            }
        }
    }

    /** Hands every call from now on to a script. */
    public void follow(Consumer<Call> newScript) {
        script = newScript;
    }

    /** Lets every call from now on wait for the test. */
    public void hold() {
        follow(waiting::add);
    }

    /** Answers every call from now on at once. */
    public void answerAtOnce() {
        follow(Call::performAndAnswer);
    }

    /** Calls that wait, oldest first. */
    public List<Call> waiting() {
        return List.copyOf(waiting);
    }

    /** The only call that waits. */
    public Call only() {
        if (waiting.size() != 1) {
            throw new AssertionError(
                    "waiting=" + waiting.stream().map(Call::name).toList() + " (expected: one call)");
        }
        return waiting.get(0);
    }

    private <T> Future<T> call(String name, Supplier<Future<T>> effect) {
        return call(name, effect, Optional.empty());
    }

    private <T> Future<T> call(String name, Supplier<Future<T>> effect, Optional<T> refusal) {
        Promise<T> promise = Promise.promise();
        List<Future<T>> result = new ArrayList<>();
        script.accept(new Call(
                name,
                () -> result.add(effect.get()),
                () -> pass(result.get(0), promise),
                () -> promise.tryFail(new IllegalStateException(name + ": outcome unknown")),
                () -> promise.tryComplete(refusal.orElseThrow())));
        return promise.future();
    }

    private static <T> void pass(Future<T> answer, Promise<T> promise) {
        if (answer.failed()) {
            promise.tryFail(answer.cause());
        } else {
            promise.tryComplete(answer.result());
        }
    }

    @Override
    public Future<AppendResult> append(RoomId room, List<Draft> batch) {
        List<Draft> asSent = List.copyOf(batch);
        return call("append", () -> log.append(room, asSent), Optional.of(new AppendResult.NotInSync()));
    }

    @Override
    public Future<JoinView> join(RoomId room, NodeId node, List<JoinQuery> queries) {
        return call("join", () -> log.join(room, node, queries));
    }

    @Override
    public void renew(Collection<RoomId> rooms, NodeId node, HeadListener heads) {
        List<Runnable> told = new ArrayList<>();
        script.accept(new Call(
                "renew",
                () -> log.renew(rooms, node, (room, head) -> told.add(() -> heads.onHead(room, head))),
                () -> told.forEach(Runnable::run),
                () -> {},
                () -> {}));
    }

    @Override
    public Future<Void> withdraw(RoomId room, NodeId node) {
        return call("withdraw", () -> log.withdraw(room, node));
    }

    @Override
    public Future<HistoryView> history(RoomId room, @Nullable Position after, int limit) {
        return call("history", () -> log.history(room, after, limit));
    }

    @Override
    public Future<Optional<List<Publication>>> fill(
            RoomId room, Position after, Position upTo, int maxBytes, boolean latest) {
        return call("fill", () -> log.fill(room, after, upTo, maxBytes, latest));
    }

    @Override
    public Future<Set<NodeId>> interested(RoomId room) {
        return call("interested", () -> log.interested(room));
    }
}
