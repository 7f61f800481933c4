/** One link to the hub that comes back by itself: sockets, tries, time-outs. It knows nothing of subscriptions. */

import { backoffMs } from "./backoff.ts";
import { CLOSE_CODES } from "./codes.ts";
import { type HubError, reconnects } from "./errors.ts";
import {
  type ClientFrame,
  encodeClientFrame,
  parseServerFrame,
  type ServerFrame,
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL,
} from "./protocol.ts";
import { Watchdog } from "./watchdog.ts";
import type { OpenSocket, WebSocketLike } from "./websocket.ts";

const OPEN_TIMEOUT_MS = 10_000;
/** The hub asked for time: wait as if so many tries had failed already. */
const FAILURES_WHEN_BUSY = 5;

export type ConnectionState = "connecting" | "connected" | "disconnected";

export interface StateDetail {
  state: ConnectionState;
  /** The close code of the socket, where it was closed. */
  code?: number;
  reason?: string;
  /** ms since the epoch of the next try. */
  retryAt?: number;
  /** ms since the epoch up to which what was shown is true; there from the loss until all was recovered. */
  lostSince?: number;
  /** It does not come back by itself: signed out, forbidden, closed. */
  final: boolean;
}

export interface LinkOptions {
  url: string;
  token: () => string | null | Promise<string | null>;
  socket: OpenSocket;
  random: () => number;
  now: () => number;
}

export interface LinkEvents {
  /** There is a link, with the token that it was opened with; null: with the cookie. */
  opened(token: string | null): void;
  /** The link is gone; `state` follows. */
  lost(): void;
  state(detail: StateDetail): void;
  frame(frame: ServerFrame): void;
  malformed(error: HubError): void;
}

export class Link {
  state: ConnectionState = "disconnected";
  lastFrameAt = 0;
  lostSince: number | null = null;
  readonly #options: LinkOptions;
  readonly #events: LinkEvents;
  readonly #watchdog: Watchdog;
  #socket: WebSocketLike | null = null;
  /** The number of the try under way: what belongs to an earlier one comes too late. */
  #try = 0;
  #failures = 0;
  #understood = false;
  #openTimer: ReturnType<typeof setTimeout> | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #ended = true;

  constructor(options: LinkOptions, events: LinkEvents) {
    this.#options = options;
    this.#events = events;
    this.#watchdog = new Watchdog({
      now: options.now,
      lastFrameAt: () => this.lastFrameAt,
      expired: () => this.drop("Nothing came from the hub, not even a heartbeat."),
    });
  }

  /** Begins, or tries at once where it waits for the next try. */
  connect(): void {
    if (this.state !== "disconnected") return;
    this.#failures = 0;
    this.#begin();
  }

  /** Tries at once where it waits for the next try; the page calls it when it becomes visible or online. */
  retryNow(): void {
    if (this.#retryTimer !== null) this.#begin();
  }

  /** Ends the link until `connect`. */
  close(): void {
    if (this.#ended) return;
    this.#lose({ reason: "closed", final: true }, this.#options.now());
  }

  /** Gives up a socket that is of no use though it is not closed, and comes back. */
  drop(reason: string): void {
    this.#lose({ reason, final: false }, this.lastFrameAt);
  }

  /** Sends a frame; throws HubError where it can't be sent. Only while connected. */
  send(frame: ClientFrame): void {
    this.#socket?.send(encodeClientFrame(frame));
  }

  #begin(): void {
    this.#clearTimers();
    this.#ended = false;
    this.#understood = false;
    this.#try += 1;
    this.#openTimer = setTimeout(() => this.drop("The hub did not answer."), OPEN_TIMEOUT_MS);
    this.state = "connecting";
    this.#tell({ final: false });
    void this.#dial(this.#try);
  }

  async #dial(number: number): Promise<void> {
    try {
      const token = await this.#options.token();
      if (number !== this.#try) return;
      const protocols = token === null ? [SUBPROTOCOL] : [SUBPROTOCOL, TOKEN_SUBPROTOCOL + token];
      this.#listen(this.#options.socket(this.#options.url, protocols), token);
    } catch (error) {
      if (number === this.#try) this.#lose({ reason: String(error), final: false }, this.#options.now());
    }
  }

  #listen(socket: WebSocketLike, token: string | null): void {
    this.#socket = socket;
    const whileCurrent = (act: () => void) => {
      if (socket === this.#socket) act();
    };
    socket.addEventListener("open", () => whileCurrent(() => this.#opened(token)));
    socket.addEventListener("message", ({ data }) => whileCurrent(() => this.#received(data)));
    socket.addEventListener("error", () => whileCurrent(() => this.#failed()));
    socket.addEventListener("close", ({ code, reason }) => whileCurrent(() => this.#closed(code, reason)));
  }

  #opened(token: string | null): void {
    clearTimeout(this.#openTimer);
    this.lastFrameAt = this.#options.now();
    this.#watchdog.start();
    this.state = "connected";
    this.#events.opened(token);
    this.#tell({ final: false });
  }

  #received(data: unknown): void {
    this.lastFrameAt = this.#options.now();
    let frame: ServerFrame | null;
    try {
      frame = parseServerFrame(String(data));
    } catch (error) {
      this.#events.malformed(error as HubError);
      return;
    }
    // Only a hub that has spoken ends a row of failures: one that accepts and closes at once would be hammered.
    this.#failures = 0;
    this.#understood = true;
    if (frame !== null) this.#events.frame(frame);
  }

  /** Some WebSockets, not the browsers', have no close event after a connection that failed. */
  #failed(): void {
    if (this.state === "connecting") this.drop("The hub could not be reached.");
  }

  #closed(code: number, reason: string): void {
    this.#socket = null;
    // A token that had expired before the hub said a word was the newest there is: only a new sign-in helps.
    const stale = code === CLOSE_CODES.expired.number && !this.#understood;
    if (code === CLOSE_CODES.too_many_requests.number) this.#failures = Math.max(this.#failures, FAILURES_WHEN_BUSY);
    this.#lose({ code, reason, final: stale || !reconnects(code) }, this.#options.now());
  }

  #lose(detail: { code?: number; reason: string; final: boolean }, lostAt: number): void {
    this.#clearTimers();
    this.#try += 1;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    if (this.state === "connected") this.lostSince ??= lostAt;
    this.state = "disconnected";
    this.#ended = detail.final;
    this.#events.lost();
    if (detail.final) this.#tell(detail);
    else this.#tell({ ...detail, retryAt: this.#retryLater() });
  }

  #retryLater(): number {
    const delayMs = backoffMs(this.#failures, this.#options.random);
    this.#failures += 1;
    this.#retryTimer = setTimeout(() => this.#begin(), delayMs);
    return this.#options.now() + delayMs;
  }

  #clearTimers(): void {
    clearTimeout(this.#openTimer);
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    this.#watchdog.stop();
  }

  #tell(detail: Omit<StateDetail, "state" | "lostSince">): void {
    const lost = this.lostSince === null ? {} : { lostSince: this.lostSince };
    this.#events.state({ state: this.state, ...detail, ...lost });
  }
}
