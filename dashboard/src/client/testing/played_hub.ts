/** A hub with a log that a test plays, as docs/protocol.md says it: frames wait until the test lets the client have them. */

import type { ClientFrame, HubEvent } from "../index.ts";
import { holds } from "../predicate.ts";
import type { ServerFrame, WireOptions } from "../protocol.ts";
import { matches } from "../topics.ts";
import { FakeHub } from "./fake_hub.ts";

const PART_EVENTS = 2;
const TELEMETRY = "telemetry/";

interface Asked {
  filter: string;
  options: WireOptions;
}

const isTelemetry = ({ topic }: HubEvent) => topic.startsWith(TELEMETRY);

export class PlayedHub {
  readonly hub = new FakeHub();
  /** All that was appended: its offset and what it says. */
  readonly entries: { offset: number; event: HubEvent }[] = [];
  head = 0;
  #asked: Asked[] = [];
  #wire: ServerFrame[] = [];
  readonly #held = new Map<string, HubEvent[]>();

  /** The link is there: nothing is asked on it yet. */
  opened(): void {
    this.#asked = [];
    this.#wire = [];
    this.#held.clear();
    this.hub.open();
  }

  /** Carries out what the client has said. */
  serve(): void {
    for (const frame of this.hub.takeSent()) {
      if (frame.type === "subscribe") this.#subscribe(frame);
      if (frame.type === "unsubscribe") {
        const options = JSON.stringify(optionsOf(frame));
        const whatever = !["where", "fields", "max_rate"].some((member) => member in frame);
        const gone = (asked: Asked) =>
          frame.filters.includes(asked.filter) && (whatever || JSON.stringify(asked.options) === options);
        this.#asked = this.#asked.filter((asked) => !gone(asked));
        this.#wire.push({ type: "reply", id: frame.id, ok: true, position: `e-${this.head}` });
      }
    }
  }

  /** Appends a batch and gives it to who is there; what a rate holds back waits for `release`. */
  append(topics: readonly string[]): void {
    const before = this.head++;
    const batch = topics.map((topic) => {
      const n = this.entries.length + 1;
      const event: HubEvent = { topic, time: n, data: isTelemetry({ topic } as HubEvent) ? { n, more: true } : { n } };
      this.entries.push({ offset: this.head, event });
      return event;
    });
    const due: HubEvent[] = [];
    const paced: HubEvent[] = [];
    for (const event of batch) {
      const wanted = this.#wanted(event, this.#asked);
      if (wanted === null) continue;
      if (wanted.held) this.#held.set(event.topic, [...(this.#held.get(event.topic) ?? []), wanted.event]);
      else if (wanted.paced) paced.push(...this.#heldOf(event.topic), wanted.event);
      else due.push(wanted.event);
    }
    // In frames of their own, and before the position: they can't be counted.
    if (paced.length > 0) this.#late(paced, before, due.length > 0 ? before : this.head);
    if (due.length > 0) this.#send(due, before);
  }

  /** What was held back is due. */
  release(): void {
    const events = [...this.#held.keys()].flatMap((topic) => this.#heldOf(topic));
    if (events.length > 0) this.#late(events);
  }

  /** Lets the client have so many frames. */
  deliver(most: number): number {
    const frames = this.#wire.splice(0, most);
    for (const frame of frames) this.hub.say(frame);
    return frames.length;
  }

  #subscribe(frame: Extract<ClientFrame, { type: "subscribe" }>): void {
    const asked = frame.filters.map((filter) => ({ filter, options: optionsOf(frame) }));
    this.#asked.push(...asked);
    const reply = { type: "reply", id: frame.id, ok: true, position: `e-${this.head}` } as const;
    if (frame.since === undefined) {
      // What a snapshot holds is for other tests; here it says where live events begin.
      this.#wire.push(reply, { type: "events", position: reply.position, snapshot: true, events: [] });
      return;
    }
    this.#wire.push({ ...reply, recovered: true });
    const since = Number(frame.since.slice(2));
    const missed = this.entries.filter(({ offset }) => offset > since);
    this.#send(
      this.#past(
        missed.map(({ event }) => event),
        asked,
      ),
      since,
      { always: true },
    );
    const latest = new Map(this.entries.map(({ event }) => [event.topic, event]));
    const again = [...latest.values()].filter(isTelemetry).flatMap((event) => this.#wanted(event, asked)?.event ?? []);
    if (frame.max_rate !== undefined && again.length > 0) this.#late(again);
  }

  /** Of the past, what is under a rate comes as one event for each topic. */
  #past(events: readonly HubEvent[], asked: readonly Asked[]): HubEvent[] {
    const found = new Map<string, HubEvent[]>();
    for (const [i, event] of events.entries()) {
      const wanted = this.#wanted(event, asked);
      if (wanted === null) continue;
      const key = wanted.held ? event.topic : `${event.topic} ${i}`;
      found.set(key, [...(found.get(key) ?? []), wanted.event]);
    }
    return [...found.values()].map(merged);
  }

  /** What these interests want of an event, whether its topic is under a rate, and whether that holds it back. */
  #wanted(event: HubEvent, asked: readonly Asked[]): { event: HubEvent; paced: boolean; held: boolean } | null {
    const fits = asked.filter(
      ({ filter, options: { where } }) => matches(filter, event.topic) && (!where || holds(where, event.data)),
    );
    if (fits.length === 0) return null;
    if (!isTelemetry(event)) return { event, paced: false, held: false };
    const paced = asked.some(({ filter, options }) => matches(filter, event.topic) && options.max_rate !== undefined);
    const held = fits.every(({ options }) => options.max_rate !== undefined);
    if (fits.some(({ options }) => options.fields === undefined)) return { event, paced, held };
    const keys = new Set(fits.flatMap(({ options }) => options.fields ?? []));
    const data = Object.fromEntries(Object.entries(event.data).filter(([key]) => keys.has(key)));
    return { event: { ...event, data }, paced, held };
  }

  #heldOf(topic: string): HubEvent[] {
    const held = this.#held.get(topic) ?? [];
    this.#held.delete(topic);
    return held.length === 0 ? [] : [merged(held)];
  }

  #send(events: readonly HubEvent[], since: number, { always = false } = {}): void {
    const conflated = events.reduce((sum, event) => sum + (event.conflated?.count ?? 0), 0);
    const some = conflated === 0 ? {} : { conflated };
    const parts = always && events.length === 0 ? [[]] : partsOf(events);
    for (const [i, part] of parts.entries()) {
      const last = i === parts.length - 1;
      const where = last ? { position: `e-${this.head}` } : { position: `e-${since}`, part: true };
      this.#wire.push({ type: "events", ...where, ...some, events: part });
    }
  }

  #late(events: readonly HubEvent[], since = this.head, reached = this.head): void {
    const parts = partsOf(events);
    for (const [i, part] of parts.entries()) {
      const position = `e-${i === parts.length - 1 ? reached : since}`;
      this.#wire.push({ type: "events", position, conflated: part.length, events: part });
    }
  }
}

function optionsOf({ where, fields, max_rate }: WireOptions): WireOptions {
  return {
    ...(where ? { where } : {}),
    ...(fields === undefined ? {} : { fields }),
    ...(max_rate === undefined ? {} : { max_rate }),
  };
}

function partsOf(events: readonly HubEvent[]): HubEvent[][] {
  const parts: HubEvent[][] = [];
  for (let i = 0; i < events.length; i += PART_EVENTS) parts.push(events.slice(i, i + PART_EVENTS));
  return parts;
}

function merged(events: readonly HubEvent[]): HubEvent {
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined || events.length === 1) return last as HubEvent;
  const [min, max] = [{ n: Number(first.data.n) }, { n: Number(last.data.n) }];
  return { ...last, conflated: { count: events.length, from: first.time, min, max } };
}
