// Serves the page and the buttons on 127.0.0.1.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { CLIENT_URLS, HOST, PAGE_PORT } from "./settings.mjs";

const FILES = {
  "/": "page/index.html",
  "/app.mjs": "page/app.mjs",
  "/charts.mjs": "page/charts.mjs",
  "/counters.mjs": "page/counters.mjs",
  "/style.css": "page/style.css",
  "/rejoin.min.js": "../dist/rejoin.min.js",
  "/uplot.js": "../node_modules/uplot/dist/uPlot.esm.js",
  "/uplot.css": "../node_modules/uplot/dist/uPlot.min.css",
};
const TYPES = { ".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".mjs": "text/javascript" };
const ACTIONS = new Set(["start", "kill", "freeze", "thaw"]);
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self' ws://127.0.0.1:*; frame-ancestors 'none'";

const ownHosts = new Set([`${HOST}:${PAGE_PORT}`, `localhost:${PAGE_PORT}`]);

function json(response, status, body) {
  response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
  response.end(JSON.stringify(body));
}

/** A foreign page may send the browser here, but it may not press the buttons. */
function isOwnPage(request) {
  const origin = request.headers.origin;
  return origin !== undefined && ownHosts.has(origin.replace(/^http:\/\//, ""));
}

export function startServer(nodes) {
  const state = () => nodes.map((node) => ({ name: node.name, state: node.state, pid: node.pid ?? null }));

  async function answer(request, response) {
    const { pathname } = new URL(request.url, `http://${HOST}`);
    if (!ownHosts.has(request.headers.host)) return json(response, 403, { error: "this page is for 127.0.0.1 only" });
    if (request.method === "GET" && pathname === "/api/nodes")
      return json(response, 200, { urls: CLIENT_URLS, nodes: state() });
    const [, api, kind, name, action] = pathname.split("/");
    if (request.method === "POST" && api === "api" && kind === "nodes") {
      const node = nodes.find((candidate) => candidate.name === name);
      if (!isOwnPage(request)) return json(response, 403, { error: "only the demo's own page may do this" });
      if (!node || !ACTIONS.has(action)) return json(response, 404, { error: `no such action: ${name}/${action}` });
      node[action]();
      return json(response, 200, { nodes: state() });
    }
    const file = FILES[pathname];
    if (request.method !== "GET" || !file) return json(response, 404, { error: `nothing is here: ${pathname}` });
    const body = await readFile(fileURLToPath(new URL(file, import.meta.url)));
    response.writeHead(200, {
      "Content-Type": `${TYPES[extname(file)]}; charset=utf-8`,
      "Cache-Control": "no-store",
      "Content-Security-Policy": POLICY,
      "X-Content-Type-Options": "nosniff",
    });
    response.end(body);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => json(response, 500, { error: error.message }));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(PAGE_PORT, HOST, () => resolve(server));
  });
}
