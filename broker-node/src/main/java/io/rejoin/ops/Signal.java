package io.rejoin.ops;

/**
 * Every metric of Rejoin's own, with its name as scraped, its tag and what it tells. JVM metrics come on top.
 *
 * <p>Threading: immutable.
 */
enum Signal {
    CLUSTER_MEMBERS(Kind.GAUGE, "rejoin_cluster_members", "Members that this node sees."),
    CLUSTER_PLANNED(
            Kind.GAUGE, "rejoin_cluster_planned", "Members that are planned, of which a majority has to be seen."),
    CLUSTER_SAFE(
            Kind.GAUGE,
            "rejoin_cluster_safe",
            "1 while the copies of all rooms that lie on this node are in place, else 0."),
    CONNECTIONS(Kind.GAUGE, "rejoin_connections", "Open WebSockets."),
    CONNECTIONS_OPENED(Kind.COUNTER, "rejoin_connections_opened_total", "WebSockets that were opened."),
    CONNECTIONS_CLOSED(
            Kind.COUNTER,
            "rejoin_connections_closed_total",
            "WebSockets that ended, by the code of the close frame (1006: without one).",
            "code"),
    CONNECTION_LIFETIME(Kind.LONG_TIMER, "rejoin_connection_lifetime_seconds", "How long WebSockets lived."),
    HANDSHAKES_REFUSED(
            Kind.COUNTER,
            "rejoin_handshakes_refused_total",
            "Requests to the client listener that were refused, by HTTP status.",
            "status"),
    HANDSHAKES_CUT_OFF(
            Kind.COUNTER,
            "rejoin_handshakes_cut_off_total",
            "TCP connections cut off before they were WebSockets: timeout (client.handshake-timeout) or crowded (client.handshakes).",
            "reason"),
    HEARTBEAT_ROUND_TRIP(
            Kind.TIMER,
            "rejoin_heartbeat_round_trip_seconds",
            "From a ping to the pong of the client that answers it."),
    CONTROL_QUEUE_OVERFLOWS(
            Kind.COUNTER,
            "rejoin_control_queue_overflows_total",
            "Connections closed because too many control frames waited for them."),
    FRAMES_SENT(Kind.COUNTER, "rejoin_frames_sent_total", "Frames written to sockets."),
    BYTES_SENT(Kind.COUNTER, "rejoin_bytes_sent_total", "Bytes written to sockets, WebSocket headers included."),
    WRITES(Kind.COUNTER, "rejoin_writes_total", "Writes to sockets; each carries the frames of one turn of the loop."),
    MESSAGES_RECEIVED(Kind.COUNTER, "rejoin_messages_received_total", "Complete messages of clients."),
    BYTES_RECEIVED(Kind.COUNTER, "rejoin_bytes_received_total", "Bytes of those messages."),
    HELLO(
            Kind.TIMER,
            "rejoin_hello_seconds",
            "From a hello to its welcome or close, by outcome: new, resumed, unknown (right secret, no record), foreign (wrong secret),"
                    + " taken-over, refused, unavailable.",
            "outcome"),
    HOOK(
            Kind.TIMER,
            "rejoin_hook_seconds",
            "From a question to the connect hook to its answer, by result: accepted, refused, unusable (an answer that makes no sense) or"
                    + " failed (no answer, or a status that is none).",
            "result"),
    HOOK_SPARED(
            Kind.COUNTER,
            "rejoin_hook_spared_total",
            "Clients turned away without asking the hook: busy (auth.hook.concurrency) or paused (auth.hook.failures).",
            "why"),
    ARRIVALS_REFUSED(
            Kind.COUNTER,
            "rejoin_arrivals_refused_total",
            "Clients that were told to come again later (4004), at their arrival or at their hello.",
            "stage"),
    TAKEOVERS(
            Kind.COUNTER,
            "rejoin_takeovers_total",
            "Connections closed because a newer one owns their session, by how that was found: message or touch.",
            "found_by"),
    ERRORS(Kind.COUNTER, "rejoin_errors_total", "Errors answered to clients, by code.", "code"),
    PUBLISH(Kind.TIMER, "rejoin_publish_seconds", "From reading a durable publish to its answer."),
    BACKPRESSURE(
            Kind.COUNTER,
            "rejoin_backpressure_total",
            "Times that reading from a socket was paused because too many publishes are unacknowledged."),
    THROTTLES(
            Kind.COUNTER,
            "rejoin_throttles_total",
            "Times that reading from a socket was paused because its frames or bytes came faster than their rate."),
    PUBLISHES_REFUSED(
            Kind.COUNTER,
            "rejoin_publishes_refused_total",
            "Publishes answered rate-limited because they came faster than the rate of their connection, user or room.",
            "whose"),
    HOPS(
            Kind.TIMER,
            "rejoin_hop_seconds",
            "Time of a hop of the path: append (a batch until it is settled), fan-out (a publication from its room's log to this node's tail).",
            "hop"),
    APPENDS_RETRIED(
            Kind.COUNTER,
            "rejoin_appends_retried_total",
            "Appends that were not settled and tried again: not-in-sync or unknown.",
            "reason"),
    DRAFTS(
            Kind.COUNTER,
            "rejoin_drafts_total",
            "What became of publishes: applied, duplicate, out-of-order, refused, unavailable and so on.",
            "outcome"),
    ENCODINGS(Kind.COUNTER, "rejoin_encodings_total", "Publications encoded for the members of this node, once each."),
    DELIVERIES(Kind.COUNTER, "rejoin_deliveries_total", "Publications written to members."),
    CONFLATED(
            Kind.COUNTER,
            "rejoin_conflated_total",
            "Publications left out for members that lag, because newer ones of their keys follow."),
    SLOW_CONSUMERS(
            Kind.COUNTER,
            "rejoin_slow_consumers_total",
            "Members that made no progress for the grace of their room, by what became of them.",
            "action"),
    EPHEMERAL_DELIVERIES(
            Kind.COUNTER, "rejoin_ephemeral_deliveries_total", "Ephemeral publications written to members."),
    LAGS(Kind.COUNTER, "rejoin_lags_total", "Times that a member's socket was full while publications waited for it."),
    GAPS(Kind.COUNTER, "rejoin_gaps_total", "Gaps that members were told of, by reason.", "reason"),
    JOINS(Kind.COUNTER, "rejoin_joins_total", "Joins that were answered: live, resumed, gap or failed.", "outcome"),
    REPAIRS(
            Kind.COUNTER,
            "rejoin_repairs_total",
            "Tails repaired from the log: hole, check, diverged or jumped.",
            "kind"),
    CATCH_UPS(
            Kind.COUNTER,
            "rejoin_catch_up_publications_total",
            "Publications read from the log for members that fell behind the tail."),
    APPEND_BYTES(Kind.GAUGE, "rejoin_append_bytes", "Bytes of publishes that wait in this node for their rooms' logs."),
    APPENDS_REFUSED(
            Kind.COUNTER,
            "rejoin_appends_refused_total",
            "Publishes answered unavailable because node.append-bytes were in use."),
    LOG_BYTES(
            Kind.GAUGE,
            "rejoin_log_bytes",
            "Bytes of the rooms' logs that this node owns, about; copies are not counted."),
    LOGS_REFUSED(
            Kind.COUNTER,
            "rejoin_logs_refused_total",
            "Joins, reads and appends that would have made a log larger or a new one, and were refused because node.log-bytes were in use."),
    TAIL_BYTES(Kind.GAUGE, "rejoin_tail_bytes", "Bytes of the tails of all rooms."),
    TAILS_EMPTIED(Kind.COUNTER, "rejoin_tails_emptied_total", "Tails emptied because node.tail-bytes were in use."),
    CATCH_UPS_WAITING(
            Kind.GAUGE,
            "rejoin_catch_ups_waiting",
            "Reads of logs, for members that fell behind the tail, that wait because of node.catch-up-reads or node.catch-up-rate."),
    EPHEMERAL_DROPPED(
            Kind.COUNTER, "rejoin_ephemeral_dropped_total", "Ephemeral publications dropped for members that lag."),
    EPHEMERAL_UNSENT(
            Kind.COUNTER,
            "rejoin_ephemeral_unsent_total",
            "Ephemeral publications dropped before they were sent: to nobody (interest; or rooms, of which the node knows as many as it may),"
                    + " or to one node that lags (peer).",
            "why");

    /** How a signal is measured. */
    enum Kind {
        /** Only grows. */
        COUNTER("counter"),
        /** Goes up and down. */
        GAUGE("gauge"),
        /** Durations from milliseconds to seconds, with a histogram. */
        TIMER("histogram"),
        /** Durations from seconds to days, with a histogram. */
        LONG_TIMER("histogram");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        String text() {
            return text;
        }
    }

    private final Kind kind;
    private final String scraped;
    private final String help;
    private final String tag;

    Signal(Kind kind, String scraped, String help) {
        this(kind, scraped, help, "");
    }

    Signal(Kind kind, String scraped, String help, String tag) {
        this.kind = kind;
        this.scraped = scraped;
        this.help = help;
        this.tag = tag;
    }

    Kind kind() {
        return kind;
    }

    /** Name as Prometheus sees it. */
    String scraped() {
        return scraped;
    }

    String help() {
        return help;
    }

    /** Name of its one tag; empty when it has none. */
    String tag() {
        return tag;
    }
}
