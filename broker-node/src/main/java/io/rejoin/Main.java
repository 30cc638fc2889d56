package io.rejoin;

/** Entry point of the process. */
public final class Main {

    private Main() {}

    /** Runs the node command with the process's environment; the process goes on while the node runs. */
    public static void main(String[] arguments) {
        int code = new NodeCommand(BrokerNode::start, System.getenv(), System::exit).run(arguments);
        if (code != NodeCommand.RUNNING) {
            System.exit(code);
        }
    }
}
