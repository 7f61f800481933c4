/** A connection that shows the past: what subscribes gets what was recorded, as if it were now; nothing can be sent. */

import { Connection, type ConnectionOptions } from "./connection.ts";
import { type HubError, hubError } from "./errors.ts";
import type { HubEvent, ReplayPoint } from "./protocol.ts";
import type { Replay, ReplayedInfo } from "./replay.ts";
import {
  FilterSubscription,
  Router,
  type SubscribeOptions,
  type Subscription,
  type SubscriptionCallbacks,
} from "./subscription.ts";

export interface PastEvents {
  /** Another moment plays. */
  moment(time: number): void;
  /** All has been played; or, with an error, it can't begin or go on. */
  end(error: HubError | null): void;
}

export class PastConnection extends Connection {
  readonly #from: ReplayPoint;
  readonly #events: PastEvents;
  readonly #router = new Router();
  #replay: Replay | null = null;

  constructor(options: ConnectionOptions, from: ReplayPoint, events: PastEvents) {
    super(options);
    this.#from = from;
    this.#events = events;
  }

  /** The replay, once something has subscribed. */
  get playing(): Replay | null {
    return this.#replay;
  }

  override get position(): string | null {
    return this.#replay?.position ?? null;
  }

  /** As the present's; what subscribes before the replay begins, in the same turn, is what plays. */
  override subscribe(
    filters: readonly string[],
    callbacks: SubscriptionCallbacks,
    options: SubscribeOptions = {},
  ): Subscription {
    const subscription = new FilterSubscription(filters, callbacks, options, (closed) => this.#router.delete(closed));
    this.#router.add(subscription);
    if (this.#router.all.length === 1 && this.#replay === null) queueMicrotask(() => this.#begin());
    return subscription;
  }

  override publish(): Promise<{ position: string }> {
    return Promise.reject(hubError("permission_denied", "This page shows the past; nothing can be sent from it."));
  }

  override typing(): Promise<void> {
    return Promise.resolve();
  }

  #begin(): void {
    const filters = [...new Set(this.#router.all.flatMap((each) => each.filters))];
    const callbacks = {
      events: (events: HubEvent[], info: ReplayedInfo) => this.#play(events, info),
      gap: () => this.dispatchEvent(new CustomEvent("gap", { detail: { position: this.position } })),
      end: (error: HubError | null) => this.#events.end(error),
    };
    this.#replay = this.replay(filters, this.#from, callbacks, { paused: true });
  }

  #play(events: HubEvent[], { snapshot, position, time }: ReplayedInfo): void {
    this.#events.moment(time);
    const all = this.#router.all;
    const batches = this.#router.split(events, new Set(all));
    // An empty snapshot is news too: nothing was there.
    if (snapshot) for (const each of all) if (!batches.has(each)) batches.set(each, []);
    for (const [{ callbacks }, batch] of batches) callbacks.events(batch, { snapshot, position, conflated: 0 });
  }
}
