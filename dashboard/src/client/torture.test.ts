/** Random subscribing, cutting and coming back over random logs, the same ones each time: nobody misses anything. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventsInfo, HubEvent, NarrowingOptions, Subscription } from "./index.ts";
import { PlayedHub } from "./testing/played_hub.ts";
import { matches } from "./topics.ts";

const TOPICS = ["plant/a", "plant/b", "site/a"];
const TELEMETRY = ["telemetry/a", "telemetry/b"];
const FILTERS = ["#", "plant/+", "plant/a", "+/a", "telemetry/+"];
const EVEN = { key: "n", op: "in", value: Array.from({ length: 256 }, (_, i) => 2 * i) } as const;
const OPTIONS: readonly NarrowingOptions[] = [
  {},
  {},
  { where: EVEN },
  { fields: ["n"] },
  { maxRate: 2 },
  { where: EVEN, fields: ["n"], maxRate: 5 },
];
const SEEDS = 40;
const ACTIONS = 120;

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Watched {
  filters: string[];
  options: NarrowingOptions;
  subscription: Subscription;
  /** Where it began, as its snapshot has said. */
  from: number | null;
  got: HubEvent[];
  gaps: number;
}

let played: PlayedHub;
const watched: Watched[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  watched.length = 0;
});
afterEach(() => {
  played.hub.connection.close();
  vi.useRealTimers();
});

function subscribe(filters: string[], options: NarrowingOptions): void {
  const one: Watched = { filters, options, from: null, got: [], gaps: 0, subscription: undefined as never };
  const callbacks = {
    events: (events: HubEvent[], { snapshot, position }: EventsInfo) => {
      if (!snapshot) one.got.push(...events);
      else if (one.from === null) one.from = Number(position.slice(2));
      else one.gaps++;
    },
    gap: () => {
      one.gaps++;
    },
  };
  one.subscription = played.hub.connection.subscribe(filters, callbacks, { ...options, snapshot: true });
  watched.push(one);
}

function cut(): void {
  if (played.hub.connection.state !== "disconnected") played.hub.hangUp(1006);
}

async function reconnect(): Promise<void> {
  await vi.advanceTimersByTimeAsync(20_000);
  played.opened();
}

/** What may happen, by how often it does. */
function actionsOf(topics: readonly string[], below: (n: number) => number): [number, () => unknown][] {
  const one = <Item>(of: readonly Item[]) => of[below(of.length)] as Item;
  const some = <Item>(of: readonly Item[], most: number) => Array.from({ length: 1 + below(most) }, () => one(of));
  return [
    [30, () => played.append(some(topics, 5))],
    [20, () => played.deliver(1 + below(3))],
    [15, () => played.serve()],
    [6, () => played.release()],
    [6, () => watched.length < 8 && subscribe([...new Set(some(FILTERS, 2))], one(OPTIONS))],
    [2, () => watched.length > 2 && watched.splice(below(watched.length), 1)[0]?.subscription.close()],
    [5, cut],
  ];
}

async function run(seed: number, topics: readonly string[]): Promise<void> {
  const roll = dice(seed);
  const below = (n: number) => Math.floor(roll() * n);
  played = new PlayedHub();
  played.hub.connection.connect();
  await vi.advanceTimersByTimeAsync(0);
  played.opened();
  const often = actionsOf(topics, below).flatMap(([weight, act]) => Array.from({ length: weight }, () => act));
  for (let i = 0; i < ACTIONS; i++) {
    const act = often[below(often.length)];
    await act?.();
    if (act === cut) {
      // Something may be said while nobody listens.
      played.append([topics[0] ?? ""]);
      await reconnect();
    }
  }
  for (let quiet = 0; quiet < 3; ) {
    played.serve();
    played.release();
    quiet = played.deliver(1_000) > 0 ? 0 : quiet + 1;
  }
}

/** The numbers that are due to a subscription, of topics that begin so or do not. */
function due({ filters, options, from }: Watched, telemetry: boolean): number[] {
  return played.entries
    .filter(
      ({ offset, event }) =>
        offset > (from ?? Number.POSITIVE_INFINITY) && event.topic.startsWith("telemetry/") === telemetry,
    )
    .filter(({ event }) => filters.some((filter) => matches(filter, event.topic)))
    .map(({ event }) => Number(event.data.n))
    .filter((n) => options.where === undefined || n % 2 === 0);
}

const numbers = (events: readonly HubEvent[]) => events.map(({ data }) => Number(data.n));
const isTelemetry = ({ topic }: HubEvent) => topic.startsWith("telemetry/");

/** What came again after a cut is left out; what is passed over stays missing. */
function inOrder(got: readonly number[], wanted: readonly number[]): number[] {
  let reached = -1;
  let before = -1;
  for (const n of got) {
    const place = wanted.indexOf(n);
    if (place > before + 1) return [];
    before = place;
    reached = Math.max(reached, place);
  }
  return wanted.slice(0, reached + 1);
}

describe("recovery", () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))("gives each event once: seed %i", async (seed) => {
    await run(seed, TOPICS);
    for (const one of watched) {
      expect(one.gaps).toBe(0);
      expect(numbers(one.got)).toEqual(due(one, false));
    }
  });

  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    "passes nothing over where a rate merges: seed %i",
    async (seed) => {
      await run(seed, [...TOPICS, ...TELEMETRY]);
      for (const one of watched) {
        const others = one.got.filter((event) => !isTelemetry(event));
        expect(inOrder(numbers(others), due(one, false))).toEqual(due(one, false));
        const told = one.got.filter(isTelemetry);
        if (one.options.fields) expect(told.every(({ data }) => Object.keys(data).join() === "n")).toBe(true);
        const wanted = due(one, true);
        // The last values come again after a cut, but of those only what still satisfies the condition.
        const { where, maxRate } = one.options;
        if (where === undefined || maxRate === undefined) {
          expect(Math.max(0, ...numbers(told))).toBeGreaterThanOrEqual(wanted.at(-1) ?? 0);
        }
        if (maxRate !== undefined) continue;
        const spans = told.map(({ data, conflated }) => [conflated?.min.n ?? Number(data.n), Number(data.n)] as const);
        expect(wanted.filter((n) => !spans.some(([low, high]) => low <= n && n <= high))).toEqual([]);
      }
    },
  );
});
