// The three nodes as processes: start, kill -9, freeze, thaw.
import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HOST, LOG_FOLDER, NODES } from "./settings.mjs";

const SCRIPT = fileURLToPath(new URL("../../broker-node/bin/rejoin-node", import.meta.url));
const STOP_LIMIT_MS = 10_000;

/** One node: `state` is down, starting, ready, unready or frozen. */
export class NodeProcess {
  #settings;
  #process;
  #frozen = false;
  #health = "unknown";

  constructor(settings) {
    this.#settings = settings;
  }

  get name() {
    return this.#settings.name;
  }

  get pid() {
    return this.#process?.pid;
  }

  get state() {
    if (!this.#process) return "down";
    if (this.#frozen) return "frozen";
    return this.#health === "unknown" ? "starting" : this.#health;
  }

  start() {
    if (this.#process) return;
    const { name, client, api, ops, member, bus } = this.#settings;
    const log = createWriteStream(join(LOG_FOLDER, `${name}.log`), { flags: "a" });
    // A node refuses REJOIN_ variables that it does not know, so it gets ours alone.
    const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith("REJOIN_"));
    const child = spawn(SCRIPT, [], {
      env: {
        ...Object.fromEntries(inherited),
        JAVA_OPTS: "-Xms128m -Xmx384m",
        REJOIN_AUTH_MODE: "anonymous",
        REJOIN_NODE_NAME: name,
        // A frozen node is noticed within seconds, while somebody watches.
        REJOIN_HEARTBEAT_INTERVAL: "4s",
        REJOIN_HEARTBEAT_TIMEOUT: "4s",
        REJOIN_CLIENT_HOST: HOST,
        REJOIN_CLIENT_PORT: String(client),
        REJOIN_API_PORT: String(api),
        REJOIN_OPS_HOST: HOST,
        REJOIN_OPS_PORT: String(ops),
        REJOIN_CLUSTER_BIND: `${HOST}:${member}`,
        REJOIN_CLUSTER_BUS: `${HOST}:${bus}`,
        REJOIN_CLUSTER_MEMBERS: NODES.map((node) => `${HOST}:${node.member}`).join(","),
      },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: Ctrl-C reaches the demo alone, which then stops the nodes in order.
      detached: true,
    });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    const ended = (how) => {
      this.#process = undefined;
      this.#frozen = false;
      this.#health = "unknown";
      console.log(`${name} ended (${how})`);
      log.end();
    };
    child.on("error", (error) => {
      if (child.pid === undefined) ended(`${SCRIPT}: ${error.message}`);
      else console.error(`${name}: ${error.message}`);
    });
    child.on("exit", (code, signal) => ended(signal ?? `exit ${code}`));
    this.#process = child;
    this.#health = "unknown";
  }

  kill() {
    this.#process?.kill("SIGKILL");
  }

  freeze() {
    if (this.#process?.kill("SIGSTOP")) this.#frozen = true;
  }

  thaw() {
    if (this.#process?.kill("SIGCONT")) this.#frozen = false;
  }

  /** Asks the node itself whether it takes clients. */
  async look() {
    if (!this.#process || this.#frozen) return;
    try {
      const answer = await fetch(`http://${HOST}:${this.#settings.ops}/readyz`, { signal: AbortSignal.timeout(1_000) });
      this.#health = answer.ok ? "ready" : "unready";
    } catch {
      // Not listening yet, or gone since: what was known before no longer holds.
      this.#health = this.#health === "unknown" ? "unknown" : "unready";
    }
  }

  /** Ends the node: gently at first, by force after a while. */
  async stop() {
    const child = this.#process;
    if (!child) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    this.thaw();
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
    await ended;
    clearTimeout(force);
  }
}
