// Says which port is taken before anything is started.
import { createServer } from "node:net";
import { HOST, NODES, PAGE_PORT } from "./settings.mjs";

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}

/** The ports that the demo needs and cannot have, each with what it is for. */
export async function busyPorts() {
  const needed = [[PAGE_PORT, "the page"]];
  for (const node of NODES) {
    needed.push([node.client, `clients of ${node.name}`], [node.api, `the API of ${node.name}`]);
    needed.push([node.ops, `health of ${node.name}`], [node.member, `the cluster member of ${node.name}`]);
    needed.push([node.bus, `the event bus of ${node.name}`]);
  }
  const checked = await Promise.all(needed.map(async ([port, use]) => ({ port, use, free: await isFree(port) })));
  return checked.filter(({ free }) => !free);
}
