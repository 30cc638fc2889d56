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

async function end(code) {
  if (ending) return;
  ending = true;
  console.log("ending …");
  for (const cleanup of cleanups.reverse()) await cleanup();
  await Promise.all(nodes.map((node) => node.stop()));
  process.exit(code);
}

async function untilReady() {
  const began = Date.now();
  const told = new Set();
  while (told.size < nodes.length && !ending) {
    await Promise.all(nodes.map((node) => node.look()));
    for (const node of nodes) {
      if (node.state === "ready" && !told.has(node)) {
        told.add(node);
        console.log(`  ${node.name} is ready after ${((Date.now() - began) / 1000).toFixed(1)} s`);
      }
      if (node.state === "down") throw new Error(`${node.name} ended while it was starting; see ${LOG_FOLDER}/${node.name}.log`);
    }
    if (Date.now() - began > START_LIMIT_MS) throw new Error(`the nodes were not ready in time; see ${LOG_FOLDER}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

async function main() {
  const busy = await busyPorts();
  if (busy.length > 0) {
    for (const { port, use } of busy) console.error(`port ${port} is in use, and the demo needs it for ${use}`);
    console.error("end what listens there (find it with: ss -ltnp), then start the demo again");
    process.exit(1);
  }
  mkdirSync(LOG_FOLDER, { recursive: true });
  console.log(`starting ${nodes.map((node) => node.name).join(", ")} (logs in ${LOG_FOLDER}) …`);
  for (const node of nodes) node.start();
  await untilReady();
  const timer = setInterval(() => nodes.forEach((node) => void node.look()), LOOK_EVERY_MS);
  cleanups.push(() => clearInterval(timer));
  cleanups.push(await startFeed());
  const server = await startServer(nodes);
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  console.log(`open http://${HOST}:${PAGE_PORT} (Ctrl-C ends everything)`);
}

process.on("SIGINT", () => void end(0));
process.on("SIGTERM", () => void end(0));
main().catch(async (error) => {
  console.error(error.message);
  await end(1);
});
