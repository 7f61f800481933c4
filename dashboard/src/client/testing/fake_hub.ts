/** A hub that is played by a test: it opens sockets, records what is sent and says what it is told to. */

import {
  type ClientFrame,
  Connection,
  type ConnectionEventMap,
  type ConnectionOptions,
  type HubEvent,
} from "../index.ts";
import type { ServerFrame } from "../protocol.ts";
import type { WebSocketLike } from "../websocket.ts";

type Listener = (event: never) => void;

export class FakeSocket implements WebSocketLike {
  readonly url: string;
  readonly protocols: readonly string[];
  readonly sent: ClientFrame[] = [];
  closed = false;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(url: string, protocols: readonly string[]) {
    this.url = url;
    this.protocols = protocols;
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame);
  }

  close(): void {
    this.closed = true;
  }

  emit(type: string, event: { data?: unknown; code?: number; reason?: string } = {}): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}

export function event(topic: string, time: number, data: Record<string, unknown> = {}): HubEvent {
  return { topic, time, data };
}

/** A hub with one connection to it; all that the connection dispatches is in `log`. */
export class FakeHub {
  readonly sockets: FakeSocket[] = [];
  readonly log: { type: string; detail: unknown }[] = [];
  readonly connection: Connection;
  #answered = 0;
  readonly #taken = new Map<FakeSocket, number>();

  constructor(options: Partial<ConnectionOptions> = {}) {
    this.connection = new Connection({
      url: "ws://hub.test/ws",
      random: () => 0,
      socket: (url, protocols) => {
        const socket = new FakeSocket(url, protocols);
        this.sockets.push(socket);
        return socket;
      },
      ...options,
    });
    const types: (keyof ConnectionEventMap)[] = ["state", "recovery", "heartbeat", "gap", "typing", "error"];
    for (const type of types) {
      this.connection.addEventListener(type, ({ detail }) => this.log.push({ type, detail }));
    }
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error("no socket yet");
    return socket;
  }

  /** Frames that were sent on the newest socket since the last call. */
  takeSent(): ClientFrame[] {
    const { sent } = this.socket;
    const from = this.#taken.get(this.socket) ?? 0;
    this.#taken.set(this.socket, sent.length);
    return sent.slice(from);
  }

  /** Details of one type, since the last call for any type. */
  takeLog(type: string): unknown[] {
    return this.log
      .splice(0)
      .filter((entry) => entry.type === type)
      .map(({ detail }) => detail);
  }

  open(): void {
    this.socket.emit("open");
  }

  say(frame: ServerFrame | string): void {
    this.socket.emit("message", { data: typeof frame === "string" ? frame : JSON.stringify(frame) });
  }

  hangUp(code: number, reason = ""): void {
    this.socket.emit("close", { code, reason });
  }

  /** Replies to the next frame that has none; returns the frame. */
  reply(fields: { position?: string; recovered?: boolean } = {}): ClientFrame {
    const frame = this.#next();
    this.say({ type: "reply", id: frame.id, ok: true, ...fields });
    return frame;
  }

  refuse(code: number, name: string, message = "no"): ClientFrame {
    const frame = this.#next();
    this.say({ type: "reply", id: frame.id, ok: false, error: { code, name, message } });
    return frame;
  }

  events(
    position: string,
    events: HubEvent[],
    options: { snapshot?: true; part?: true; conflated?: number } = {},
  ): void {
    this.say({ type: "events", position, ...options, events });
  }

  heartbeat(position: string, lagMs = 0): void {
    this.say({ type: "heartbeat", position, lag_ms: lagMs });
  }

  #next(): ClientFrame {
    const frame = this.socket.sent.find(({ id }) => id > this.#answered);
    if (frame === undefined) throw new Error("no frame waits for a reply");
    this.#answered = frame.id;
    return frame;
  }
}
