/** One part of the page that wants events, and which of them are for which part. */

import { Beyond } from "./beyond.ts";
import { Narrowing, type NarrowingOptions } from "./narrowing.ts";
import type { HubEvent } from "./protocol.ts";
import { matches } from "./topics.ts";

export interface EventsInfo {
  /** The events are the latest of their topics, not new ones. */
  snapshot: boolean;
  position: string;
  /** So many events of the log stand merged in some of the frame's (`event.conflated` says which). */
  conflated: number;
}

export interface SubscribeOptions extends NarrowingOptions {
  /** The latest event of each topic first. */
  snapshot?: boolean;
  /** Be present on the topics that the filters name without a wildcard; on `chat/<room>` one always is. */
  presence?: boolean;
  /** Closes the subscription. */
  signal?: AbortSignal;
}

/** `events` gets one batch a frame, a snapshot also when it is empty; `gap` says that something before now is lost. */
export interface SubscriptionCallbacks {
  events(events: HubEvent[], info: EventsInfo): void;
  gap?(): void;
}

export type SubscriptionState = "subscribing" | "subscribed" | "unsubscribed";

/** Ends with `close()`, by `using`, or when the signal it was given aborts. */
export interface Subscription extends Disposable {
  readonly filters: readonly string[];
  readonly state: SubscriptionState;
  close(): void;
}

/** The symbol of `using`: also where the browser does not have it yet, as what `using` compiles to looks it up. */
export function disposeSymbol(symbols: { readonly dispose?: symbol }): typeof Symbol.dispose {
  return (symbols.dispose ?? Symbol.for("Symbol.dispose")) as typeof Symbol.dispose;
}

export const DISPOSE: typeof Symbol.dispose = disposeSymbol(Symbol);

/** A subscription and what the connection has to know of it. */
export class FilterSubscription implements Subscription {
  readonly filters: readonly string[];
  readonly snapshot: boolean;
  readonly presence: boolean;
  readonly narrowing: Narrowing;
  readonly callbacks: SubscriptionCallbacks;
  state: SubscriptionState = "subscribing";
  /** All that it was due at its begin has come, so that the position of the connection is also its own. */
  established = false;
  readonly beyond = new Beyond();
  readonly #closed: (subscription: FilterSubscription) => void;
  #unlisten: () => void = () => undefined;

  constructor(
    filters: readonly string[],
    callbacks: SubscriptionCallbacks,
    options: SubscribeOptions,
    closed: (subscription: FilterSubscription) => void,
  ) {
    this.filters = [...new Set(filters)];
    this.callbacks = callbacks;
    this.snapshot = options.snapshot ?? false;
    this.presence = options.presence ?? false;
    this.narrowing = new Narrowing(options);
    this.#closed = closed;
  }

  /** Closes with the signal; the listener goes when the subscription closes first. */
  closeWith(signal: AbortSignal): void {
    const close = () => this.close();
    signal.addEventListener("abort", close);
    this.#unlisten = () => signal.removeEventListener("abort", close);
  }

  close(): void {
    if (this.state === "unsubscribed") return;
    this.refuse();
    this.#closed(this);
  }

  /** The hub does not take it. */
  refuse(): void {
    this.state = "unsubscribed";
    this.#unlisten();
  }

  [DISPOSE](): void {
    this.close();
  }
}

/** Topics whose subscriptions are remembered; past that all are looked up anew. */
const MAX_REMEMBERED_TOPICS = 10_000;

/** Which subscriptions an event is for: filters are tried once for each topic, then it is remembered. */
export class Router {
  readonly #subscriptions = new Set<FilterSubscription>();
  readonly #byTopic = new Map<string, readonly FilterSubscription[]>();

  get all(): FilterSubscription[] {
    return [...this.#subscriptions];
  }

  add(subscription: FilterSubscription): void {
    this.#subscriptions.add(subscription);
    this.#byTopic.clear();
  }

  delete(subscription: FilterSubscription): void {
    this.#subscriptions.delete(subscription);
    this.#byTopic.clear();
  }

  match(topic: string): readonly FilterSubscription[] {
    let found = this.#byTopic.get(topic);
    if (found === undefined) {
      if (this.#byTopic.size >= MAX_REMEMBERED_TOPICS) this.#byTopic.clear();
      found = this.all.filter(({ filters }) => filters.some((filter) => matches(filter, topic)));
      this.#byTopic.set(topic, found);
    }
    return found;
  }

  /** The events that each subscription of `among` wants, where it wants any, in their order. */
  split(events: readonly HubEvent[], among: ReadonlySet<FilterSubscription>): Map<FilterSubscription, HubEvent[]> {
    const parts = new Map<FilterSubscription, HubEvent[]>();
    for (const event of events) {
      for (const subscription of this.match(event.topic)) {
        if (!among.has(subscription)) continue;
        const part = parts.get(subscription);
        if (part === undefined) parts.set(subscription, [event]);
        else part.push(event);
      }
    }
    for (const [subscription, part] of parts) {
      const wanted = subscription.narrowing.select(part);
      if (wanted.length > 0) parts.set(subscription, wanted);
      else parts.delete(subscription);
    }
    return parts;
  }
}
