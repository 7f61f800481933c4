/** All subscriptions of a connection: which filters are on the wire, from which position, and who gets what comes. */

import type { Commands, Outcome } from "./commands.ts";
import { type HubError, hubError } from "./errors.ts";
import type { EventsFrame, HubEvent, OkReply } from "./protocol.ts";
import { type FilterSubscription, Router } from "./subscription.ts";

/** Longer than a command's: before it answers, the hub reads all that was missed from its log. */
export const SUBSCRIBE_TIMEOUT_MS = 15_000;

const LOST_POSITIONS: ReadonlySet<string> = new Set(["invalid_position", "unrecoverable_position"]);

interface Request {
  subscriptions: readonly FilterSubscription[];
  filters: readonly string[];
  since?: string;
  snapshot: boolean;
  /** No other filter was on the wire, so the position of the reply leaves nothing behind. */
  alone: boolean;
}

interface Due {
  position: string | undefined;
  subscriptions: readonly FilterSubscription[];
  /** What was missed since then is what is due; else it is the snapshot. */
  recovers: string | undefined;
}

export interface SubscriptionsEvents {
  /** All that was missed since `from` has come; or, not recovered, it will not, and the snapshot follows. */
  recovery(recovered: boolean, from: string): void;
  error(error: HubError): void;
  /** The hub does not answer: the link is of no use. */
  unanswered(reason: string): void;
}

function unionOfFilters(subscriptions: readonly FilterSubscription[]): string[] {
  return [...new Set(subscriptions.flatMap(({ filters }) => filters))];
}

export class Subscriptions {
  /** The client's own position (docs/protocol.md, "Position, recovery, snapshot"). */
  position: string | null = null;
  readonly #commands: Commands;
  readonly #events: SubscriptionsEvents;
  readonly #router = new Router();
  /** How many subscriptions want each filter. */
  readonly #wanted = new Map<string, number>();
  /** Filters that the hub has confirmed: they need not be sent again for another subscription. */
  readonly #live = new Set<string>();
  /** Recoveries without an answer: until it comes, what is before a frame's position may not have come. */
  #recovering = 0;
  #open = false;
  /** Whom the next snapshot frames are for. */
  #snapshotFor: ReadonlySet<FilterSubscription> = new Set();
  /** Subscriptions that will have got all they are due at a position. */
  #due: Due[] = [];

  constructor(commands: Commands, events: SubscriptionsEvents) {
    this.#commands = commands;
    this.#events = events;
  }

  /** Whether a link that comes back has something to recover. */
  get recoverable(): boolean {
    return this.position !== null && this.#router.all.some(({ established }) => established);
  }

  add(subscription: FilterSubscription): void {
    const alone = this.#wanted.size === 0;
    const fresh = subscription.filters.filter((filter) => !this.#live.has(filter));
    this.#router.add(subscription);
    for (const filter of subscription.filters) this.#wanted.set(filter, (this.#wanted.get(filter) ?? 0) + 1);
    if (!this.#open) return;
    const filters = subscription.snapshot ? subscription.filters : fresh;
    if (filters.length === 0) {
      subscription.state = "subscribed";
      subscription.established = true;
      subscription.beyond.uncount();
    } else this.#request({ subscriptions: [subscription], filters, snapshot: subscription.snapshot, alone });
  }

  /** Takes a closed subscription out; filters that nobody wants any more leave the wire. */
  remove(subscription: FilterSubscription): void {
    this.#leave(this.#forget(subscription));
  }

  #leave(unwanted: readonly string[]): void {
    if (!this.#open || unwanted.length === 0) return;
    this.#commands.issue(
      (id) => ({ type: "unsubscribe", id, filters: unwanted }),
      SUBSCRIBE_TIMEOUT_MS,
      (outcome) => {
        if (outcome.kind === "timeout") this.#events.unanswered("The hub did not answer an unsubscribe.");
        else if (outcome.kind === "refused") this.#events.error(outcome.error);
      },
    );
  }

  /** The link is open: all that was established goes on from the position in one frame, what is new begins. */
  opened(): void {
    this.#open = true;
    const all = this.#router.all;
    const established = this.position === null ? [] : all.filter((subscription) => subscription.established);
    const fresh = all.filter((subscription) => !established.includes(subscription));
    this.#resume(established);
    const loading = fresh.filter(({ snapshot }) => snapshot);
    const following = fresh.filter(({ snapshot }) => !snapshot);
    this.#begin(loading, { snapshot: true, alone: established.length === 0 });
    this.#begin(following, { snapshot: false, alone: established.length + loading.length === 0 });
  }

  /** The link is gone. */
  lost(): void {
    this.#open = false;
    this.#due = [];
    this.#live.clear();
    this.#snapshotFor = new Set();
    for (const subscription of this.#router.all) {
      subscription.state = "subscribing";
      if (!subscription.established) subscription.beyond.settle();
    }
  }

  /** The subscription died on a living link: recover on that link. */
  stalled(): void {
    this.#resume(this.#router.all.filter(({ established }) => established));
  }

  events(frame: EventsFrame): void {
    const snapshot = frame.snapshot === true;
    const part = frame.part === true;
    if (part && !snapshot) this.#adopt(frame.position);
    const batches = snapshot ? this.#latest(frame.events) : this.#fresh(frame);
    if (!part) this.#adopt(frame.position);
    for (const [subscription, events] of batches) {
      this.#call(subscription, () => subscription.callbacks.events(events, { snapshot, position: frame.position }));
    }
    if (!part) this.#reached(({ position }) => position === frame.position);
  }

  #latest(events: readonly HubEvent[]): Map<FilterSubscription, HubEvent[]> {
    const batches = this.#router.split(events, this.#snapshotFor);
    // An empty snapshot is news too: nothing is there, as against not yet known.
    for (const subscription of this.#snapshotFor) if (!batches.has(subscription)) batches.set(subscription, []);
    return batches;
  }

  #fresh({ events, conflated }: EventsFrame): Map<FilterSubscription, HubEvent[]> {
    const subscribed = new Set(this.#router.all.filter(({ state }) => state === "subscribed"));
    if (conflated !== undefined) for (const { beyond } of subscribed) beyond.uncount();
    const batches = this.#router.split(events, subscribed);
    for (const [subscription, batch] of batches) {
      const fresh = subscription.beyond.fresh(batch);
      if (fresh.length > 0) batches.set(subscription, fresh);
      else batches.delete(subscription);
    }
    return batches;
  }

  heartbeat(position: string): void {
    this.#adopt(position);
    this.#reached(() => true);
  }

  /** The hub could not prove what lies before now; the snapshot that follows is for all. */
  gap(): void {
    this.#snapshotFor = new Set(this.#router.all);
    this.missed();
  }

  /** Tells every subscription that something is missing. */
  missed(): void {
    for (const subscription of this.#router.all) this.#call(subscription, () => subscription.callbacks.gap?.());
  }

  #adopt(position: string): void {
    if (this.#recovering === 0 && position !== this.position) this.#move(position);
  }

  #move(position: string): void {
    this.position = position;
    for (const { beyond } of this.#router.all) beyond.settle();
  }

  #begin(subscriptions: readonly FilterSubscription[], request: { snapshot: boolean; alone: boolean }): void {
    if (subscriptions.length === 0) return;
    this.#request({ subscriptions, filters: unionOfFilters(subscriptions), ...request });
  }

  #resume(subscriptions: readonly FilterSubscription[]): void {
    const since = this.position;
    if (since === null || subscriptions.length === 0) return;
    for (const { beyond } of subscriptions) beyond.rewind();
    const filters = unionOfFilters(subscriptions);
    this.#request({ subscriptions, filters, since, snapshot: false, alone: false });
  }

  #request(request: Request): void {
    const { filters, since, snapshot } = request;
    if (since !== undefined) this.#recovering += 1;
    this.#commands.issue(
      (id) => ({
        type: "subscribe",
        id,
        filters,
        ...(since === undefined ? {} : { since }),
        ...(snapshot ? { snapshot } : {}),
      }),
      SUBSCRIBE_TIMEOUT_MS,
      (outcome) => this.#settle(request, outcome),
    );
  }

  #settle(request: Request, outcome: Outcome): void {
    if (request.since !== undefined) this.#recovering -= 1;
    if (outcome.kind === "done") this.#answered(request, outcome.reply);
    else if (outcome.kind === "refused") this.#refused(request, outcome.error);
    else if (outcome.kind === "timeout") this.#events.unanswered("The hub did not answer a subscribe.");
  }

  #answered(request: Request, { position, recovered }: OkReply): void {
    const { subscriptions, filters, since, snapshot, alone } = request;
    for (const filter of filters) if (this.#wanted.has(filter)) this.#live.add(filter);
    const open = subscriptions.filter(({ state }) => state !== "unsubscribed");
    for (const subscription of open) subscription.state = "subscribed";
    if (since === undefined && !snapshot) this.#follow(open, position, alone);
    else this.#load(open, position, recovered === true ? { since, recovers: since } : { since });
  }

  /** Only what is new from here on. */
  #follow(subscriptions: readonly FilterSubscription[], position: string | undefined, alone: boolean): void {
    for (const subscription of subscriptions) subscription.established = true;
    // Where other filters are live, events before this position may still be under way to them.
    if (position !== undefined && (alone || this.position === null)) this.#move(position);
  }

  /** What was missed, or else the snapshot, comes next; without a position the next heartbeat says that it has come. */
  #load(
    subscriptions: readonly FilterSubscription[],
    position: string | undefined,
    { since, recovers }: { since: string | undefined; recovers?: string | undefined },
  ): void {
    this.#due.push({ position, subscriptions, recovers });
    if (recovers !== undefined) return;
    this.#snapshotFor = new Set(subscriptions);
    if (since !== undefined) this.#events.recovery(false, since);
  }

  #refused(request: Request, error: HubError): void {
    const { subscriptions, since } = request;
    if (since !== undefined && LOST_POSITIONS.has(error.name)) {
      this.position = null;
      this.#events.recovery(false, since);
      this.#request({ subscriptions, filters: request.filters, snapshot: true, alone: false });
    } else if (error.retry) {
      this.#events.unanswered(error.message);
    } else if (subscriptions.length > 1) {
      // One of them is at fault; the others go on.
      for (const subscription of subscriptions) {
        this.#request({ ...request, subscriptions: [subscription], filters: subscription.filters });
      }
    } else {
      for (const subscription of subscriptions) this.#reject(subscription, request.filters);
      this.#events.error(error);
    }
  }

  /** Ends a subscription that the hub refused; the refused filters are not on the wire, its others may be. */
  #reject(subscription: FilterSubscription, refusedFilters: readonly string[]): void {
    if (subscription.state === "unsubscribed") return;
    subscription.refuse();
    this.#leave(this.#forget(subscription).filter((filter) => !refusedFilters.includes(filter)));
  }

  #forget(subscription: FilterSubscription): string[] {
    this.#router.delete(subscription);
    const unwanted = [];
    for (const filter of subscription.filters) {
      const left = (this.#wanted.get(filter) as number) - 1;
      if (left > 0) this.#wanted.set(filter, left);
      else {
        this.#wanted.delete(filter);
        this.#live.delete(filter);
        unwanted.push(filter);
      }
    }
    return unwanted;
  }

  #reached(by: (due: Due) => boolean): void {
    const reached = this.#due.filter(by);
    if (reached.length === 0) return;
    this.#due = this.#due.filter((due) => !by(due));
    for (const { subscriptions, recovers } of reached) {
      for (const subscription of subscriptions) subscription.established = true;
      if (recovers !== undefined) this.#events.recovery(true, recovers);
    }
  }

  #call(subscription: FilterSubscription, callback: () => void): void {
    if (subscription.state === "unsubscribed") return;
    try {
      callback();
    } catch (error) {
      const filters = subscription.filters.join(", ");
      this.#events.error(hubError("internal", `A subscriber of ${filters} failed: ${error}`, { cause: error }));
    }
  }
}
