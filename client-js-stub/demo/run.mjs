// The demo: three nodes on this machine, a feed of recorded data, and a page to watch them and to take them down.
import { mkdirSync } from "node:fs";
import { startFeed } from "./feed.mjs";
import { NodeProcess } from "./nodes.mjs";
import { busyPorts } from "./ports.mjs";
import { startServer } from "./server.mjs";
import { HOST, LOG_FOLDER, NODES, PAGE_PORT } from "./settings.mjs";

const LOOK_EVERY_MS = 500;
const START_LIMIT_MS = 90_000;

const nodes = NODES.map((settings) => new NodeProcess(settings));
const cleanups = [];
let ending = false;

/** Ends what was started, the last first. What fails to end must not keep the rest alive. */
async function end(code) {
  if (ending) return;
  ending = true;
  console.log("ending …");
  for (const cleanup of cleanups.reverse()) {
    try {
      await cleanup();
    } catch (error) {
      console.error(`while ending: ${error.message}`);
    }
  }
  await Promise.all(nodes.map((node) => node.stop()));
  process.exit(code);
}

function onSignal() {
  if (ending) {
    console.error("ending at once");
    process.exit(1);
  }
  void end(0);
}

/** Waits until every node takes clients; false when the demo was ended meanwhile. */
async function untilReady() {
  const began = Date.now();
  const told = new Set();
  while (!ending) {
    await Promise.all(nodes.map((node) => node.look()));
    for (const node of nodes.filter(({ state }) => state === "ready")) {
      if (told.has(node)) continue;
      told.add(node);
      console.log(`  ${node.name} is ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    }
    if (told.size === nodes.length) return true;
    const down = nodes.find(({ state }) => state === "down");
    if (down && !ending)
      throw new Error(`${down.name} ended while it was starting; see ${LOG_FOLDER}/${down.name}.log`);
    if (Date.now() - began > START_LIMIT_MS) {
      const late = nodes.filter((node) => !told.has(node)).map(({ name }) => name);
      throw new Error(`${late.join(", ")} not ready within ${START_LIMIT_MS / 1000} s; see the logs in ${LOG_FOLDER}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  return false;
}

async function main() {
  const busy = await busyPorts();
  if (busy.length > 0) {
    for (const { port, use } of busy) console.error(`port ${port} is in use, and the demo needs it for ${use}`);
    console.error("end what listens there (find it with: ss -ltnp), then start the demo again");
    process.exitCode = 1;
    return;
  }
  mkdirSync(LOG_FOLDER, { recursive: true });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, onSignal);
  // The nodes are in groups of their own, so no signal of the terminal ends them when this process fails.
  process.on("exit", () => {
    for (const node of nodes) node.kill();
  });
  console.log(`starting ${nodes.map(({ name }) => name).join(", ")} (logs in ${LOG_FOLDER}) …`);
  for (const node of nodes) node.start();
  if (!(await untilReady())) return;
  const timer = setInterval(() => {
    for (const node of nodes) void node.look();
  }, LOOK_EVERY_MS);
  cleanups.push(() => clearInterval(timer));
  cleanups.push(await startFeed());
  const server = await startServer(nodes);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  console.log(`open http://${HOST}:${PAGE_PORT} (Ctrl-C ends everything)`);
}

main().catch(async (error) => {
  console.error(error.message);
  await end(1);
});
