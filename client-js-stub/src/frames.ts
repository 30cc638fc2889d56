/** A point in a room's log. The two members are one value: an offset means nothing without its epoch. */
export interface Position {
  readonly epoch: string;
  readonly offset: number;
}

/** Where to begin: a position, or before the first publication of whatever log is there now. */
export type StartPosition = Position | { readonly offset: 0; readonly epoch?: undefined };

/** `latest`: while the member lags or catches up, it gets only the newest value per key. */
export type Delivery = "all" | "latest";

/** Reply reference: a request carries it, its reply or error carries it back. */
export type Ref = number | string;

export interface HelloRoom {
  readonly room: string;
  readonly position?: StartPosition;
  readonly history?: number;
  readonly delivery?: Delivery;
}

export interface Hello {
  readonly type: "hello";
  readonly token?: string;
  readonly session?: { readonly id: string; readonly secret: string; readonly attempt?: number };
  readonly rooms?: readonly HelloRoom[];
  readonly client?: { readonly name: string; readonly version: string };
  readonly heartbeat?: { readonly interval: number };
}

export interface Join extends HelloRoom {
  readonly type: "join";
  readonly ref?: Ref;
}

export interface Leave {
  readonly type: "leave";
  readonly ref?: Ref;
  readonly room: string;
}

export interface Publish {
  readonly type: "publish";
  readonly ref?: Ref;
  readonly room: string;
  readonly number?: number;
  readonly first?: number;
  readonly data?: unknown;
  readonly skip?: true;
  readonly key?: string;
  readonly class?: "durable" | "ephemeral";
}

export interface HistoryRequest {
  readonly type: "history";
  readonly ref: Ref;
  readonly room: string;
  readonly after?: StartPosition;
  readonly limit?: number;
}

export interface PresenceRequest {
  readonly type: "presence";
  readonly ref: Ref;
  readonly room: string;
}

export interface Refresh {
  readonly type: "refresh";
  readonly ref: Ref;
  readonly token: string;
}

export interface Ping {
  readonly type: "ping";
  readonly time: number;
}

export interface Pong {
  readonly type: "pong";
  readonly time: number;
}

export interface Bye {
  readonly type: "bye";
}

/** What a client sends. */
export type ClientFrame =
  | Hello
  | Join
  | Leave
  | Publish
  | HistoryRequest
  | PresenceRequest
  | Refresh
  | Ping
  | Pong
  | Bye;

/** Why a member does not get a part of the log. Later brokers may add reasons. */
export type GapReason = "retention" | "epoch" | "limit" | "conflated" | (string & {});

/** How a member came into a room. */
export type JoinOutcome = "live" | "resumed" | "gap";

export interface FrameGap {
  readonly from?: number;
  readonly to?: number;
  readonly reason: GapReason;
}

export interface FrameError {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly retryAfter?: number;
}

export interface JoinedFrame {
  readonly type: "joined";
  readonly ref?: Ref;
  readonly room: string;
  readonly position: Position;
  readonly outcome: JoinOutcome;
  readonly gap?: FrameGap;
  readonly error?: undefined;
}

export interface JoinRefusedFrame {
  readonly type: "joined";
  readonly ref?: Ref;
  readonly room: string;
  readonly error: FrameError;
}

export interface Limits {
  /** Largest WebSocket message that the node takes, in bytes. */
  readonly message: number;
  /** Most rooms of one connection. */
  readonly rooms: number;
  /** Most unacknowledged publishes. */
  readonly inflight: number;
}

export interface Welcome {
  readonly type: "welcome";
  readonly session: {
    readonly id: string;
    readonly secret: string;
    readonly publisher: string;
    readonly resumed: boolean;
    readonly window: number;
  };
  readonly node: string;
  readonly heartbeat: { readonly interval: number; readonly timeout: number };
  readonly limits: Limits;
  readonly refreshAfter?: number;
  readonly rooms: readonly (JoinedFrame | JoinRefusedFrame)[];
}

export interface PublicationFrame {
  readonly type: "publication";
  readonly room: string;
  readonly offset?: number;
  readonly epoch?: string;
  readonly time: number;
  readonly data: unknown;
  readonly key?: string;
  readonly from?: string;
  readonly publisher?: string;
  readonly number?: number;
}

export interface GapFrame extends FrameGap {
  readonly type: "gap";
  readonly room: string;
  readonly position: Position;
}

export interface Ack {
  readonly type: "ack";
  readonly ref?: Ref;
  readonly room: string;
  readonly number: number;
  readonly position?: Position;
}

export interface LeftFrame {
  readonly type: "left";
  readonly ref?: Ref;
  readonly room: string;
  readonly code?: string;
}

export interface HistoryPageFrame {
  readonly type: "history";
  readonly ref: Ref;
  readonly room: string;
  readonly publications: readonly PublicationFrame[];
  readonly position: Position;
  readonly more: boolean;
  readonly gap?: FrameGap;
}

export interface PresenceFrame {
  readonly type: "presence";
  readonly ref?: Ref;
  readonly room: string;
  readonly members?: readonly unknown[];
  readonly joins?: readonly unknown[];
  readonly leaves?: readonly unknown[];
  readonly count: number;
}

export interface Refreshed {
  readonly type: "refreshed";
  readonly ref: Ref;
  readonly refreshAfter: number;
}

export interface Goaway {
  readonly type: "goaway";
  readonly after: number;
  readonly deadline: number;
  readonly reason: string;
}

export interface ErrorFrame extends FrameError {
  readonly type: "error";
  readonly ref?: Ref;
  readonly room?: string;
  readonly number?: number;
  readonly expected?: number;
}

/** What a node sends. */
export type ServerFrame =
  | Welcome
  | JoinedFrame
  | JoinRefusedFrame
  | PublicationFrame
  | GapFrame
  | Ack
  | LeftFrame
  | HistoryPageFrame
  | PresenceFrame
  | Refreshed
  | Ping
  | Pong
  | Goaway
  | ErrorFrame;
