import type { ClientFrame, Hello, Publish } from "../src/frames.js";
import type { WebSocketLike } from "../src/socket.js";

type Handler = (event: never) => void;

/** A WebSocket whose other end is the test. */
export class FakeSocket implements WebSocketLike {
  readonly url: string;
  readonly protocols: string[];
  /** Messages as they were sent. */
  readonly messages: string[] = [];
  /** Whether the client has closed it. */
  closed = false;
  readonly #handlers = new Map<string, Handler[]>();
  #read = 0;

  constructor(url: string, protocols: string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener(type: string, handler: Handler): void {
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler]);
  }

  send(data: string): void {
    this.messages.push(data);
  }

  close(): void {
    this.closed = true;
  }

  /** All frames sent so far. */
  get sent(): ClientFrame[] {
    return this.messages.flatMap((message) => JSON.parse(message) as ClientFrame | ClientFrame[]);
  }

  get hello(): Hello {
    return this.sent[0] as Hello;
  }

  get publishes(): Publish[] {
    return this.sent.filter((frame): frame is Publish => frame.type === "publish");
  }

  /** Frames sent since the last call. */
  take(): ClientFrame[] {
    const fresh = this.sent.slice(this.#read);
    this.#read += fresh.length;
    return fresh;
  }

  open(): void {
    this.#emit("open", {});
  }

  /** Delivers one message: an object for one frame, an array for several. */
  receive(...frames: object[]): void {
    this.receiveText(JSON.stringify(frames.length === 1 ? frames[0] : frames));
  }

  receiveText(data: unknown): void {
    this.#emit("message", { data });
  }

  /** The other end closes, or the network fails. */
  drop(code = 1006, reason = ""): void {
    this.#emit("close", { code, reason });
  }

  #emit(type: string, event: object): void {
    for (const handler of this.#handlers.get(type) ?? []) {
      (handler as (event: object) => void)(event);
    }
  }
}
