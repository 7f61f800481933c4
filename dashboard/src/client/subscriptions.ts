/** All subscriptions of a connection: which filters are on the wire, from which position, and who gets what comes. */

import type { Commands, Outcome } from "./commands.ts";
import { type HubError, hubError } from "./errors.ts";
import type { EventsFrame, HubEvent, OkReply } from "./protocol.ts";
import { type FilterSubscription, Router } from "./subscription.ts";
import { Wanted } from "./wanted.ts";

/** Longer than a command's: before it answers, the hub reads all that was missed from its log. */
export const SUBSCRIBE_TIMEOUT_MS = 15_000;

const LOST_POSITIONS: ReadonlySet<string> = new Set(["invalid_position", "unrecoverable_position"]);

interface Request {
  /** All of the same options. */
  subscriptions: readonly [FilterSubscription, ...FilterSubscription[]];
  filters: readonly string[];
  since?: string;
  snapshot: boolean;
  /** No other filter was on the wire, so the position of the reply leaves nothing behind. */
  alone: boolean;
}

export interface SubscriptionsEvents {
  /** All that was missed since `from` has come; or, not recovered, it will not, and the snapshot follows. */
  recovery(recovered: boolean, from: string): void;
  error(error: HubError): void;
  /** The hub does not answer: the link is of no use. */
  unanswered(reason: string): void;
}

type Group = [FilterSubscription, ...FilterSubscription[]];

/** Those that one frame can ask for: the options are of the frame. */
function byOptions(subscriptions: readonly FilterSubscription[]): Group[] {
  const groups = new Map<string, Group>();
  for (const subscription of subscriptions) {
    const key = `${subscription.presence} ${subscription.narrowing.key}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [subscription]);
    else group.push(subscription);
  }
  return [...groups.values()];
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
  readonly #wanted = new Wanted();
  /** Recoveries without an answer: until it comes, what is before a frame's position may not have come. */
  #recovering = 0;
  #open = false;
  /** Whom what comes next is for, up to the first frame that is no part: the hub holds back all else meanwhile. */
  #loading: readonly FilterSubscription[] | null = null;
  /** Recovered from there, and not yet said. */
  #recovered: string | null = null;
  /** Of this recovery it was said already that it is not complete. */
  #failed = false;

  constructor(commands: Commands, events: SubscriptionsEvents) {
    this.#commands = commands;
    this.#events = events;
  }

  /** Whether a link that comes back has something to recover. */
  get recoverable(): boolean {
    return this.position !== null && this.#router.all.some(({ established }) => established);
  }

  add(subscription: FilterSubscription): void {
    const { narrowing, snapshot, presence } = subscription;
    const alone = this.#wanted.empty;
    const fresh = subscription.filters.filter((filter) => !this.#wanted.isLive(narrowing, filter));
    this.#router.add(subscription);
    this.#wanted.add(subscription);
    if (!this.#open) return;
    const filters = snapshot || presence ? subscription.filters : fresh;
    if (filters.length === 0) {
      subscription.state = "subscribed";
      subscription.established = true;
      subscription.beyond.uncount();
    } else this.#request({ subscriptions: [subscription], filters, snapshot, alone });
  }

  /** Takes a closed subscription out; filters that nobody wants any more leave the wire. */
  remove(subscription: FilterSubscription): void {
    this.#leave(subscription, this.#forget(subscription));
  }

  #leave({ narrowing }: FilterSubscription, unwanted: readonly string[]): void {
    if (!this.#open || unwanted.length === 0) return;
    this.#commands.issue(
      (id) => ({ type: "unsubscribe", id, ...this.#wanted.leaving(narrowing, unwanted) }),
      SUBSCRIBE_TIMEOUT_MS,
      (outcome) => {
        if (outcome.kind === "timeout") this.#events.unanswered("The hub did not answer an unsubscribe.");
        else if (outcome.kind === "refused") this.#events.error(outcome.error);
      },
    );
  }

  /** The link is open: all that was established goes on from the position, a frame for each options; what is new begins. */
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
    this.#loading = null;
    this.#recovered = null;
    this.#wanted.lost();
    for (const subscription of this.#router.all) {
      subscription.state = "subscribing";
      if (!subscription.established) subscription.beyond.settle();
    }
  }

  /** The subscription died on a living link: recover on that link. */
  stalled(): void {
    if (this.#recovering > 0 || this.#loading !== null) return;
    this.#resume(this.#router.all.filter(({ established }) => established));
  }

  events(frame: EventsFrame): void {
    const { position, snapshot = false, part = false, conflated = 0 } = frame;
    const loading = this.#loading;
    if (part && !snapshot) this.#adopt(position);
    const batches = snapshot ? this.#latest(frame, loading ?? []) : this.#fresh(frame, loading ?? this.#router.all);
    if (!part) this.#adopt(position);
    if (!part) this.#loading = null;
    for (const [subscription, events] of batches) {
      this.#call(subscription, () => subscription.callbacks.events(events, { snapshot, position, conflated }));
    }
    if (part || loading === null) return;
    for (const subscription of loading) subscription.established = true;
    this.#complete();
  }

  #latest(frame: EventsFrame, among: readonly FilterSubscription[]): Map<FilterSubscription, HubEvent[]> {
    const batches = this.#router.split(frame.events, new Set(among));
    // An empty snapshot is news too: nothing is there, as against not yet known.
    if (!frame.part) for (const subscription of among) if (!batches.has(subscription)) batches.set(subscription, []);
    return batches;
  }

  #fresh(frame: EventsFrame, among: readonly FilterSubscription[]): Map<FilterSubscription, HubEvent[]> {
    const subscribed = new Set(among.filter(({ state }) => state === "subscribed"));
    if (frame.conflated !== undefined) for (const { beyond } of subscribed) beyond.uncount();
    const batches = this.#router.split(frame.events, subscribed);
    for (const [subscription, batch] of batches) {
      const fresh = subscription.beyond.fresh(batch);
      if (fresh.length > 0) batches.set(subscription, fresh);
      else batches.delete(subscription);
    }
    return batches;
  }

  /** Says that all was recovered, when nothing is under way any more and nothing else was said. */
  #complete(): void {
    const from = this.#recovered;
    if (this.#recovering > 0 || this.#loading !== null || from === null) return;
    this.#recovered = null;
    if (!this.#failed) this.#events.recovery(true, from);
  }

  heartbeat(position: string): void {
    if (this.#loading === null) this.#adopt(position);
  }

  /** The hub could not prove what lies before now; the snapshot that follows is for all. */
  gap(): void {
    this.#loading = this.#router.all;
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
    for (const [which, group] of byOptions(subscriptions).entries()) {
      const alone = request.alone && which === 0;
      this.#request({ subscriptions: group, filters: unionOfFilters(group), snapshot: request.snapshot, alone });
    }
  }

  #resume(subscriptions: readonly FilterSubscription[]): void {
    const since = this.position;
    if (since === null) return;
    this.#failed = false;
    for (const { beyond } of subscriptions) beyond.rewind();
    for (const group of byOptions(subscriptions)) {
      this.#request({ subscriptions: group, filters: unionOfFilters(group), since, snapshot: false, alone: false });
    }
  }

  #request(request: Request): void {
    const { subscriptions, filters, since, snapshot } = request;
    const [{ narrowing, presence }] = subscriptions;
    if (since !== undefined) this.#recovering += 1;
    this.#commands.issue(
      (id) => ({
        type: "subscribe",
        id,
        filters,
        ...(since === undefined ? {} : { since }),
        ...(snapshot ? { snapshot } : {}),
        ...(presence ? { presence } : {}),
        ...narrowing.wire,
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
    this.#complete();
  }

  #answered(request: Request, { position, recovered }: OkReply): void {
    const { subscriptions, filters, since, snapshot, alone } = request;
    this.#wanted.confirm(subscriptions[0].narrowing, filters);
    const open = subscriptions.filter(({ state }) => state !== "unsubscribed");
    for (const subscription of open) subscription.state = "subscribed";
    if (since === undefined && !snapshot) this.#follow(open, position, alone);
    else {
      // What was missed, or else the snapshot, comes next.
      this.#loading = open;
      if (since !== undefined && recovered === true) this.#recovered = since;
      else if (since !== undefined) this.#lack(since);
    }
  }

  /** Only what is new from here on. */
  #follow(subscriptions: readonly FilterSubscription[], position: string | undefined, alone: boolean): void {
    for (const subscription of subscriptions) subscription.established = true;
    // Where other filters are live, events before this position may still be under way to them.
    if (position !== undefined && (alone || this.position === null)) this.#move(position);
  }

  /** Says, once for a recovery, that not all will come. */
  #lack(since: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#events.recovery(false, since);
  }

  #refused(request: Request, error: HubError): void {
    const { subscriptions, since } = request;
    if (since !== undefined && LOST_POSITIONS.has(error.name)) {
      this.position = null;
      this.#lack(since);
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
    const unwanted = this.#forget(subscription).filter((filter) => !refusedFilters.includes(filter));
    this.#leave(subscription, unwanted);
  }

  #forget(subscription: FilterSubscription): string[] {
    this.#router.delete(subscription);
    return this.#wanted.remove(subscription);
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
