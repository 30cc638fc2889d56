/** The part of a WebSocket that the client uses. The browser's and that of the package `ws` fit. */
export interface WebSocketLike {
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number; readonly reason: string }) => void): void;
}

/** Makes a WebSocket and begins to connect it. */
export type WebSocketFactory = (url: string, protocols: string[]) => WebSocketLike;

/** The subprotocol of JSON text messages. */
export const SUBPROTOCOL = "rejoin.v1.json";

/** Completes a base such as `ws://host:port` with the path of the client listener; a URL with a path stays. */
export function connectUrl(base: string): string {
  const url = new URL(base);
  if (url.pathname === "/") {
    url.pathname = "/v1/connect";
  }
  return url.href;
}
