/** What a subscription asks beside topics: some events, some keys, so many a second (docs/protocol.md, "Options"). */

import { holds, keysOf, type Predicate } from "./predicate.ts";
import type { HubEvent, WireOptions } from "./protocol.ts";

/** Only telemetry has keys to choose from. */
const TELEMETRY = "telemetry/";
/** More the hub does not take. */
const MAX_FIELDS = 64;

export interface NarrowingOptions {
  /** Only events whose data satisfy the condition. */
  where?: Predicate;
  /** Of telemetry only these keys; an event with none of them does not come. */
  fields?: readonly string[];
  /** Of telemetry at most so many events per second and topic; what is between comes merged. */
  maxRate?: number;
}

/**
 * The options of one subscription. The hub sends an event once to a connection, with all that any of its subscriptions
 * wants; so each subscription looks again whether it wants it, and how much of it.
 */
export class Narrowing {
  /** Equal for options that ask the same of the hub. */
  readonly key: string;
  /** As they stand in a frame. */
  readonly wire: WireOptions;
  readonly #where: Predicate | undefined;
  readonly #fields: ReadonlySet<string> | undefined;

  constructor({ where, fields, maxRate }: NarrowingOptions) {
    this.#where = where;
    this.#fields = fields === undefined ? undefined : new Set(fields);
    // What the condition looks at has to come too, so that it can be judged here.
    const needed = fields && [...new Set([...fields, ...(where === undefined ? [] : keysOf(where))])].sort();
    this.wire = {
      ...(where === undefined ? {} : { where }),
      ...(needed === undefined || needed.length > MAX_FIELDS ? {} : { fields: needed }),
      ...(maxRate === undefined ? {} : { max_rate: maxRate }),
    };
    this.key = JSON.stringify(this.wire);
  }

  /** Those of the events that the subscription wants, and of each what it wants. */
  select(events: HubEvent[]): HubEvent[] {
    if (this.#where === undefined && this.#fields === undefined) return events;
    return events.flatMap((event) => this.#pick(event));
  }

  #pick(event: HubEvent): HubEvent[] {
    // Any of the events that are merged in one may have satisfied the condition.
    if (this.#where !== undefined && event.conflated === undefined && !holds(this.#where, event.data)) return [];
    if (this.#fields === undefined || !event.topic.startsWith(TELEMETRY)) return [event];
    const kept = Object.entries(event.data).filter(([key]) => this.#fields?.has(key));
    return kept.length === 0 ? [] : [{ ...event, data: Object.fromEntries(kept) }];
  }
}

/** Options that narrow nothing. */
export const PLAIN = new Narrowing({});
