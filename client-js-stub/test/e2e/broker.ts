import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server, type Socket, connect as tcpConnect } from "node:net";
import { fileURLToPath } from "node:url";

// Compiled into .e2e-build/test/e2e, so the package is three folders up.
const SCRIPT = fileURLToPath(new URL("../../../../broker-node/bin/rejoin-node", import.meta.url));
const HOST = "127.0.0.1";
const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 10_000;

/** A cluster of one node, as a process of its own, on ports that nobody had. */
export class Broker {
  readonly clientPort: number;
  readonly #apiPort: number;
  readonly #process: ChildProcess;
  readonly #kill = () => this.#process.kill("SIGKILL");
  #output = "";

  private constructor(ports: readonly number[], settings: Readonly<Record<string, string>>) {
    const [client, api, ops, member, bus] = ports as [number, number, number, number, number];
    this.clientPort = client;
    this.#apiPort = api;
    // A node refuses REJOIN_ variables that it does not know, so it gets ours alone.
    const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith("REJOIN_"));
    this.#process = spawn(SCRIPT, [], {
      env: {
        ...Object.fromEntries(inherited),
        JAVA_OPTS: "-Xms64m -Xmx256m",
        REJOIN_NODE_NAME: "n1",
        REJOIN_CLIENT_HOST: HOST,
        REJOIN_CLIENT_PORT: String(client),
        REJOIN_API_HOST: HOST,
        REJOIN_API_PORT: String(api),
        REJOIN_OPS_HOST: HOST,
        REJOIN_OPS_PORT: String(ops),
        REJOIN_CLUSTER_BIND: `${HOST}:${member}`,
        REJOIN_CLUSTER_BUS: `${HOST}:${bus}`,
        ...settings,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.on("data", (chunk) => {
        this.#output += chunk;
      });
    process.once("exit", this.#kill);
  }

  /** Starts a node with these settings, by the names of their variables; resolves when it takes clients. */
  static async start(settings: Readonly<Record<string, string>>): Promise<Broker> {
    const ports = await freePorts(5);
    const broker = new Broker(ports, settings);
    try {
      await broker.#untilReady(ports[2] as number);
    } catch (failure) {
      await broker.stop();
      throw failure;
    }
    return broker;
  }

  /** What the node has logged. */
  get log(): string {
    return this.#output;
  }

  /** Calls a command of the server API. */
  async post(path: string, key: string, body: unknown): Promise<void> {
    const answer = await fetch(`http://${HOST}:${this.#apiPort}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
  }

  /** Ends the node: gently at first, by force after a while. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const ended = once(this.#process, "exit");
      this.#process.kill("SIGTERM");
      const force = setTimeout(this.#kill, STOP_LIMIT_MS);
      await ended;
      clearTimeout(force);
    }
    process.removeListener("exit", this.#kill);
  }

  async #untilReady(opsPort: number): Promise<void> {
    const deadline = Date.now() + START_LIMIT_MS;
    while (!(await isOk(`http://${HOST}:${opsPort}/readyz`))) {
      assert.equal(this.#process.exitCode, null, `the node ended:\n${this.#output}`);
      assert.ok(Date.now() < deadline, `the node is not ready within ${START_LIMIT_MS} ms:\n${this.#output}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** A cable between clients and one port: what runs through it stands still while it is pulled, and no end hears of that. */
export class Cable {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #target: number;
  #pulled = false;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#join(near));
  }

  static async to(target: number): Promise<Cable> {
    const cable = new Cable(target);
    cable.#server.listen(0, HOST);
    await once(cable.#server, "listening");
    return cable;
  }

  get port(): number {
    return portOf(this.#server);
  }

  pull(): void {
    this.#pulled = true;
    for (const [near, far] of this.#pairs) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    }
  }

  plug(): void {
    this.#pulled = false;
    for (const pair of this.#pairs) flow(pair);
  }

  close(): void {
    this.#server.close();
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
  }

  #join(near: Socket): void {
    const pair = [near, tcpConnect(this.#target, HOST)] as const;
    this.#pairs.add(pair);
    for (const socket of pair) {
      // A close follows, and tells all that matters here.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        this.#pairs.delete(pair);
        for (const end of pair) end.destroy();
      });
    }
    if (!this.#pulled) flow(pair);
  }
}

function flow([near, far]: readonly [Socket, Socket]): void {
  near.pipe(far);
  far.pipe(near);
}

function isOk(url: string): Promise<boolean> {
  return fetch(url).then(
    (answer) => answer.ok,
    () => false,
  );
}

function portOf(server: Server): number {
  const address = server.address();
  assert.ok(address !== null && typeof address === "object", `the server listens at ${address}, which is no port`);
  return address.port;
}

/** Ports that nobody listens on; all are held until all are known, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, HOST));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map(portOf);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
