/** Which wire the next try takes: a WebSocket, or an event stream where one can't be had. */

import { type Fetch, openEventStream } from "./sse.ts";
import { type OpenSocket, openWebSocket, type WebSocketLike } from "./websocket.ts";

export type TransportName = "websocket" | "sse";

/** So many WebSockets in a row, and never one that opened: something on the way does not let them through. */
const FAILURES_BEFORE_SSE = 3;

/**
 * WebSockets, as long as there are any. Where three in a row have failed and none was ever open, tries go by turns to an
 * event stream and to a WebSocket: it may have been the hub that was not there, and a way may become free.
 */
export class Transports {
  /** The wire of the newest try. */
  current: TransportName = "websocket";
  readonly #openers: Readonly<Record<TransportName, OpenSocket>>;
  readonly #websockets: () => boolean;
  #failures = 0;
  #proved = false;

  constructor(fetch: Fetch, websockets: () => boolean) {
    this.#openers = {
      websocket: openWebSocket,
      sse: (url, protocols) => openEventStream(url, protocols, fetch),
    };
    this.#websockets = websockets;
  }

  readonly open: OpenSocket = (url, protocols) => {
    this.current = this.#choose();
    const socket = this.#openers[this.current](url, protocols);
    if (this.current === "websocket") this.#watch(socket);
    return socket;
  };

  #choose(): TransportName {
    if (!this.#websockets()) return "sse";
    if (this.#proved || this.#failures < FAILURES_BEFORE_SSE) return "websocket";
    return this.current === "sse" ? "websocket" : "sse";
  }

  #watch(socket: WebSocketLike): void {
    socket.addEventListener("open", () => {
      this.#proved = true;
    });
    socket.addEventListener("close", () => {
      this.#failures += 1;
    });
  }
}

/** The browser's own ways. */
export function browserTransports(): Transports {
  return new Transports(
    (url, init) => fetch(url, init),
    () => typeof WebSocket === "function",
  );
}
