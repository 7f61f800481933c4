/** The connection of a page to its hub: one socket, any number of subscriptions, nothing lost without a word. */

import { Commands } from "./commands.ts";
import { HubError, hubError, notConnected, refused, unknownOutcome } from "./errors.ts";
import { type ConnectionState, Link, type StateDetail } from "./link.ts";
import type {
  ClientFrame,
  HeartbeatFrame,
  OkReply,
  PresenceList,
  ReplayOptions,
  ReplayPoint,
  ServerFrame,
} from "./protocol.ts";
import { Renewal } from "./renewal.ts";
import { type Replay, type ReplayCallbacks, Replays } from "./replay.ts";
import {
  FilterSubscription,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionCallbacks,
} from "./subscription.ts";
import { Subscriptions } from "./subscriptions.ts";
import { browserTransports, type TransportName, type Transports } from "./transports.ts";
import { StallDetector } from "./watchdog.ts";
import type { OpenSocket } from "./websocket.ts";

export const COMMAND_TIMEOUT_MS = 5000;

export interface ConnectionOptions {
  url: string | URL;
  /** The token, asked for at each try and before one expires; null, or no function at all: the sign-in cookie. */
  token?: () => string | null | Promise<string | null>;
  /** Opens the sockets; not given: the platform's WebSocket, and an event stream where none can be had. */
  socket?: OpenSocket;
  random?: () => number;
  now?: () => number;
}

export interface RecoveryDetail {
  /** Nothing was missed; else a snapshot follows for all subscriptions. */
  recovered: boolean;
  /** The position that was recovered from. */
  from: string;
  /** ms since the epoch; not there where the link itself was not lost. */
  lostSince?: number;
}

export interface HeartbeatDetail {
  position: string;
  lagMs: number;
}

export interface GapDetail {
  position: string | null;
}

/** A user is typing in the room of the topic just now. */
export interface TypingDetail {
  topic: string;
  user: string;
}

export interface ConnectionEventMap {
  state: CustomEvent<StateDetail>;
  recovery: CustomEvent<RecoveryDetail>;
  heartbeat: CustomEvent<HeartbeatDetail>;
  gap: CustomEvent<GapDetail>;
  typing: CustomEvent<TypingDetail>;
  error: CustomEvent<HubError>;
}

interface ConnectionEventTarget extends EventTarget {
  addEventListener<K extends keyof ConnectionEventMap>(
    type: K,
    listener: (event: ConnectionEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof ConnectionEventMap>(
    type: K,
    listener: (event: ConnectionEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void;
}

const TypedEventTarget = EventTarget as { new (): ConnectionEventTarget };

/**
 * Connects, stays connected and recovers by position. Dispatches `state`, `recovery`, `heartbeat`, `gap`, `typing` and `error`;
 * `error` is a refused subscription, a failed subscriber or a frame that could not be understood.
 */
export class Connection extends TypedEventTarget {
  readonly #link: Link;
  readonly #commands: Commands;
  readonly #subscriptions: Subscriptions;
  readonly #replays: Replays;
  readonly #stall = new StallDetector();
  readonly #transports: Transports;
  readonly #token: NonNullable<ConnectionOptions["token"]>;
  readonly #renewal: Renewal;
  #lagMs = 0;
  #eventsReceived = 0;

  constructor(options: ConnectionOptions) {
    super();
    this.#transports = browserTransports();
    this.#token = options.token ?? (() => null);
    const now = options.now ?? Date.now;
    this.#renewal = new Renewal({ now, due: () => void this.renew().catch((error) => this.#notRenewed(error, now())) });
    this.#commands = new Commands((frame) => this.#link.send(frame));
    this.#replays = new Replays(this.#commands);
    this.#subscriptions = new Subscriptions(this.#commands, {
      recovery: (recovered, from) => this.#recovered(recovered, from),
      error: (error) => this.#dispatch("error", error),
      unanswered: (reason) => this.#link.drop(reason),
    });
    this.#link = new Link(
      {
        url: String(options.url),
        token: this.#token,
        socket: options.socket ?? this.#transports.open,
        random: options.random ?? Math.random,
        now,
      },
      {
        opened: (token) => this.#opened(token),
        lost: () => this.#lost(),
        state: (detail) => this.#dispatch("state", detail),
        frame: (frame) => this.#take(frame),
        malformed: (error) => this.#malformed(error),
      },
    );
  }

  get state(): ConnectionState {
    return this.#link.state;
  }

  /** The wire of the newest try, where `socket` was not given. */
  get transport(): TransportName {
    return this.#transports.current;
  }

  /** The newest position that all subscriptions have reached; null before the first. */
  get position(): string | null {
    return this.#subscriptions.position;
  }

  /** How far the hub said with its last heartbeat that this connection is behind its log. */
  get lagMs(): number {
    return this.#lagMs;
  }

  /** ms since the epoch; 0 before the first. */
  get lastFrameAt(): number {
    return this.#link.lastFrameAt;
  }

  get eventsReceived(): number {
    return this.#eventsReceived;
  }

  /** Begins to connect, and stays connected until `close` or a close code that forbids it. */
  connect(): void {
    this.#link.connect();
  }

  /** Disconnects; subscriptions and position are kept for the next `connect`. */
  close(): void {
    this.#link.close();
  }

  /** Makes the next try now where it waits for it. */
  retryNow(): void {
    this.#link.retryNow();
  }

  /**
   * Events of all topics that the filters select, from now on and over every reconnect; `snapshot`: the latest of each
   * topic first; `where`, `fields` and `maxRate` say which of them and how much. May be called at any time.
   */
  subscribe(
    filters: readonly string[],
    callbacks: SubscriptionCallbacks,
    options: SubscribeOptions = {},
  ): Subscription {
    const subscription = new FilterSubscription(filters, callbacks, options, (closed) =>
      this.#subscriptions.remove(closed),
    );
    if (options.signal?.aborted || subscription.filters.length === 0) {
      subscription.refuse();
      return subscription;
    }
    if (options.signal !== undefined) subscription.closeWith(options.signal);
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /**
   * Plays what was recorded after a moment: first how things were, then what came, paced as it was. May be called at
   * any time; needs a WebSocket.
   */
  replay(
    filters: readonly string[],
    from: ReplayPoint,
    callbacks: ReplayCallbacks,
    options: ReplayOptions = {},
  ): Replay {
    return this.#replays.add(filters, from, callbacks, options);
  }

  /**
   * Puts an event on the log and gives its position. Rejects with HubError: the hub's; `not_connected` where nothing
   * was sent; `unknown` where the link broke or 5 s passed before an answer.
   */
  publish(topic: string, data: Record<string, unknown>): Promise<{ position: string }> {
    return this.#ask((id) => ({ type: "publish", id, topic, data })).then(({ position = "" }) => ({ position }));
  }

  /** Who is on a topic now. Rejects as `publish` does. */
  presence(topic: string): Promise<PresenceList> {
    return this.#ask((id) => ({ type: "presence", id, topic })).then(({ total = 0, members = [] }) => ({
      total,
      members,
    }));
  }

  /** Tells those in the room of a topic that one is typing; at most once in 2 s. Rejects as `publish` does. */
  typing(topic: string): Promise<void> {
    return this.#ask((id) => ({ type: "typing", id, topic })).then(() => undefined);
  }

  /**
   * Asks `token` anew and signs in with it in place, for the same user; it is done without being called before a token
   * expires. Does nothing where there is no token. Rejects as `publish` does, and with what `token` throws.
   */
  async renew(): Promise<void> {
    const token = await this.#token();
    if (token !== null) await this.#signIn(token);
  }

  async #signIn(token: string): Promise<void> {
    const { expires } = await this.#ask((id) => ({ type: "auth", id, token }));
    if (expires !== undefined) this.#renewal.expires(expires * 1000);
  }

  #ask(build: (id: number) => ClientFrame): Promise<OkReply> {
    if (this.state !== "connected") return Promise.reject(notConnected());
    return new Promise((resolve, reject) => {
      this.#commands.issue(build, COMMAND_TIMEOUT_MS, (outcome) => {
        if (outcome.kind === "done") resolve(outcome.reply);
        else if (outcome.kind === "refused") reject(outcome.error);
        else if (outcome.kind === "timeout") reject(unknownOutcome("No answer came in time; it may have happened."));
        else reject(unknownOutcome("The link broke before an answer; it may have happened."));
      });
    });
  }

  #dispatch<K extends keyof ConnectionEventMap>(type: K, detail: ConnectionEventMap[K]["detail"]): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #opened(token: string | null): void {
    // It is signed in already; the answer says until when.
    if (token !== null) this.#signIn(token).catch(() => undefined);
    // What has nothing to recover has lost nothing.
    if (!this.#subscriptions.recoverable) this.#link.lostSince = null;
    this.#subscriptions.opened();
    this.#replays.opened();
  }

  /** It is tried again as long as there is a link; the hub ends one whose token has expired for some time. */
  #notRenewed(error: unknown, now: number): void {
    if (this.state !== "connected") return;
    this.#dispatch("error", error instanceof HubError ? error : hubError("unauthorized", String(error)));
    this.#renewal.expires(now);
  }

  #lost(): void {
    this.#renewal.stop();
    this.#stall.reset();
    this.#subscriptions.lost();
    this.#replays.lost();
    this.#commands.lose();
  }

  #recovered(recovered: boolean, from: string): void {
    const lostSince = this.#link.lostSince;
    this.#link.lostSince = null;
    this.#dispatch("recovery", { recovered, from, ...(lostSince === null ? {} : { lostSince }) });
  }

  #malformed(error: HubError): void {
    this.#dispatch("error", error);
    this.#dispatch("gap", { position: this.position });
    this.#subscriptions.missed();
  }

  #take(frame: ServerFrame): void {
    switch (frame.type) {
      case "events":
        this.#eventsReceived += frame.events.length;
        if (frame.replay === undefined) this.#subscriptions.events(frame);
        else this.#replays.take(frame);
        break;
      case "replay_end":
        this.#replays.take(frame);
        break;
      case "heartbeat":
        this.#beat(frame);
        break;
      case "gap":
        if (frame.replay !== undefined) {
          this.#replays.take(frame);
          break;
        }
        this.#dispatch("gap", { position: frame.position });
        this.#subscriptions.gap();
        break;
      case "typing":
        this.#dispatch("typing", { topic: frame.topic, user: frame.user });
        break;
      case "reply":
        if (!frame.ok && frame.id === null) this.#dispatch("error", refused(frame.error));
        else this.#commands.take(frame);
    }
  }

  #beat({ position, lag_ms: lagMs }: HeartbeatFrame): void {
    this.#lagMs = lagMs;
    const stalled = this.#stall.observe(position, lagMs);
    this.#subscriptions.heartbeat(position);
    this.#dispatch("heartbeat", { position, lagMs });
    if (stalled) this.#subscriptions.stalled();
  }
}
