/** Which filters are on the wire, with which options, and who wants them. */

import { type Narrowing, PLAIN } from "./narrowing.ts";
import type { WireOptions } from "./protocol.ts";
import type { FilterSubscription } from "./subscription.ts";

/** Filters that leave the wire, with the options that say which of those of the same name. */
export interface Leaving extends WireOptions {
  filters: readonly string[];
}

function keyOf({ key }: Narrowing, filter: string): string {
  return `${filter} ${key}`;
}

/** A filter is wanted for each set of options on its own, as the hub keeps it. */
export class Wanted {
  /** How many subscriptions want each filter with its options. */
  readonly #counts = new Map<string, number>();
  /** How many, whatever the options. */
  readonly #byFilter = new Map<string, number>();
  /** Confirmed by the hub: these need not be sent again for another subscription. */
  readonly #live = new Set<string>();

  get empty(): boolean {
    return this.#counts.size === 0;
  }

  add({ narrowing, filters }: FilterSubscription): void {
    for (const filter of filters) {
      count(this.#counts, keyOf(narrowing, filter), 1);
      count(this.#byFilter, filter, 1);
    }
  }

  /** Takes a subscription out and gives the filters that nobody wants any more with its options. */
  remove({ narrowing, filters }: FilterSubscription): string[] {
    const unwanted = filters.filter((filter) => !count(this.#counts, keyOf(narrowing, filter), -1));
    for (const filter of filters) count(this.#byFilter, filter, -1);
    for (const filter of unwanted) this.#live.delete(keyOf(narrowing, filter));
    return unwanted;
  }

  confirm(narrowing: Narrowing, filters: readonly string[]): void {
    for (const filter of filters) {
      const key = keyOf(narrowing, filter);
      if (this.#counts.has(key)) this.#live.add(key);
    }
  }

  isLive(narrowing: Narrowing, filter: string): boolean {
    return this.#live.has(keyOf(narrowing, filter));
  }

  /** What to say so that unwanted filters leave the wire, and only those of these options. */
  leaving(narrowing: Narrowing, filters: readonly string[]): Leaving {
    if (narrowing.key !== PLAIN.key) return { filters, ...narrowing.wire };
    return filters.some((filter) => this.#byFilter.has(filter)) ? { filters, where: null } : { filters };
  }

  /** The link is gone. */
  lost(): void {
    this.#live.clear();
  }
}

/** Adds to a count, which goes where nothing is left; whether anything is. */
function count(counts: Map<string, number>, key: string, by: number): boolean {
  const left = (counts.get(key) ?? 0) + by;
  if (left > 0) counts.set(key, left);
  else counts.delete(key);
  return left > 0;
}
