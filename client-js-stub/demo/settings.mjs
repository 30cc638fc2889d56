// Where the demo listens. Tests move it by setting DEMO_PORT_OFFSET; everything else follows from it.
import { tmpdir } from "node:os";
import { join } from "node:path";

const offset = Number(process.env.DEMO_PORT_OFFSET ?? 0);

export const HOST = "127.0.0.1";
export const PAGE_PORT = 8000 + offset;

export const NODES = [1, 2, 3].map((index) => ({
  name: `n${index}`,
  client: 8080 + index + offset,
  api: 8090 + index + offset,
  ops: 9090 + index + offset,
  member: 5700 + index + offset,
  bus: 15700 + index + offset,
}));

export const CLIENT_URLS = NODES.map((node) => `ws://${HOST}:${node.client}`);
export const LOG_FOLDER = process.env.DEMO_LOGS ?? join(tmpdir(), `rejoin-demo-${PAGE_PORT}`);
