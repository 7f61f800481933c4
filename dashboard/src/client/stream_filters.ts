/** The filters of an event stream, with the options that the URL of one stream has room for. */

import type { ClientFrame, WireOptions } from "./protocol.ts";

type Subscribe = Extract<ClientFrame, { type: "subscribe" }>;
type Unsubscribe = Extract<ClientFrame, { type: "unsubscribe" }>;

interface Group {
  options: WireOptions;
  filters: Set<string>;
}

const OPTIONS = ["where", "fields", "max_rate"] as const;

function optionsOf(frame: WireOptions): WireOptions {
  const given = OPTIONS.filter((name) => frame[name] !== undefined && frame[name] !== null);
  return Object.fromEntries(given.map((name) => [name, frame[name]]));
}

/**
 * What is subscribed to. Where subscriptions differ in their options the stream has none, and brings more than each of
 * them wants: they look again themselves.
 */
export class StreamFilters {
  readonly #groups = new Map<string, Group>();

  get all(): string[] {
    return [...new Set([...this.#groups.values()].flatMap(({ filters }) => [...filters]))];
  }

  get options(): WireOptions {
    const [first, ...others] = this.#groups.values();
    return first === undefined || others.length > 0 ? {} : first.options;
  }

  add(frame: Subscribe): void {
    const options = optionsOf(frame);
    const key = JSON.stringify(options);
    const group = this.#groups.get(key) ?? { options, filters: new Set() };
    for (const filter of frame.filters) group.filters.add(filter);
    this.#groups.set(key, group);
  }

  /** Takes filters away: with whatever options, or where the frame names any only with these. */
  remove(frame: Unsubscribe | Subscribe): void {
    const narrowed = frame.type === "subscribe" || OPTIONS.some((name) => frame[name] !== undefined);
    const only = JSON.stringify(optionsOf(frame));
    for (const [key, { filters }] of this.#groups) {
      if (narrowed && key !== only) continue;
      for (const filter of frame.filters) filters.delete(filter);
      if (filters.size === 0) this.#groups.delete(key);
    }
  }
}
