package io.rejoin.transport;

import io.rejoin.flow.EventLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs once what connections have to do at the end of their loop's turn: one flush for all that was sent in it.
 *
 * <p>Netty runs tasks after the reads of a turn, so what all sockets of a loop caused is flushed together.
 *
 * <p>Threading: event loop.
 */
final class TurnEnd {

    private final EventLoop loop;
    private List<Runnable> tasks = new ArrayList<>();

    TurnEnd(EventLoop loop) {
        this.loop = loop;
    }

    /** Runs a task after the current turn; the caller takes care not to add it twice. */
    void add(Runnable task) {
        if (tasks.isEmpty()) {
            loop.execute(this::run);
        }
        tasks.add(task);
    }

    private void run() {
        List<Runnable> due = tasks;
        tasks = new ArrayList<>();
        due.forEach(Runnable::run);
    }
}
