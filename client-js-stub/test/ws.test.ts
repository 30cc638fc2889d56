import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type WebSocket as ServerSocket, WebSocket, WebSocketServer } from "ws";
import { RejoinClient } from "../src/index.js";
import { joined, publication, welcome } from "./harness.js";

test("client works over real sockets of the package ws, and moves to the other node when one ends", async () => {
  const sockets: ServerSocket[] = [];
  const servers = [0, 1].map((node) => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "rejoin.v1.json" });
    server.on("connection", (socket) => {
      sockets.push(socket);
      socket.on("message", (text: Buffer) => answer(socket, node, JSON.parse(text.toString())));
    });
    return server;
  });
  await Promise.all(servers.map((server) => once(server, "listening")));
  const client = new RejoinClient({
    urls: servers.map((server) => `ws://127.0.0.1:${(server.address() as AddressInfo).port}`),
    firstUrl: 0,
    backoff: { min: 1, max: 10 },
    webSocket: (url, protocols) => new WebSocket(url, protocols),
  });
  const room = client.room<number>("a");
  const got: number[] = [];

  client.connect();
  await room.join();
  for await (const p of room) {
    got.push(p.data);
    if (p.data === 42) {
      sockets[0]?.terminate();
    }
    if (p.data === 43) {
      break;
    }
  }
  assert.equal(client.node, "n1");
  const position = await room.publish("hello" as never);
  await client.close();
  for (const server of servers) {
    server.close();
  }

  assert.deepEqual(got, [42, 43]);
  assert.deepEqual(position, { epoch: "e1", offset: 44 });
});

interface Request {
  type: string;
  number?: number;
  rooms?: { position?: { offset: number } }[];
}

/** A node with one room whose publications are told one per connection. */
function answer(socket: ServerSocket, node: number, frame: Request): void {
  if (frame.type === "hello") {
    const offset = frame.rooms?.[0]?.position?.offset ?? 41;
    const outcome = offset === 41 ? "live" : "resumed";
    const rooms = [joined("a", offset, { outcome })];
    const first = welcome({ node: `n${node}`, resumed: node > 0, rooms });
    socket.send(JSON.stringify([first, publication("a", offset + 1)]));
  } else if (frame.type === "publish") {
    const position = { epoch: "e1", offset: 44 };
    socket.send(JSON.stringify({ type: "ack", room: "a", number: frame.number, position }));
  } else if (frame.type === "bye") {
    socket.close(1000);
  }
}
