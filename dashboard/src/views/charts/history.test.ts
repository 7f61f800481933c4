import { describe, expect, it } from "vitest";
import type { HistoryAnswer, HistoryQuery } from "../app/api.ts";
import { fillFromHistory } from "./history.ts";
import { gapsIn, Points, usualInterval } from "./points.ts";

const HOUR = 3_600_000;
const NOW = 100 * HOUR;

type Stored = readonly (readonly [number, number | string])[];

/** A recorder's store that answers as the hub does: with the values where they are few, else with stretches. */
class Store {
  readonly queries: HistoryQuery[] = [];
  points: Stored = [];
  most = 100;

  load = async (query: HistoryQuery): Promise<HistoryAnswer> => {
    this.queries.push(query);
    const inside = this.points.filter(([time]) => time >= query.from && time < query.to);
    const few = inside.length <= this.most;
    const width = few ? 0 : Math.ceil((query.to - query.from) / this.most);
    const columns = few ? ["time", "value"] : ["time", "avg", "min", "max", "last"];
    const points = few ? inside.map(([time, value]) => [time, value]) : rows(inside, query.from, width);
    const series = [{ device: query.device, key: query.keys[0] ?? "", unit: null, columns, points }];
    return { series, resolution_ms: width, position: null };
  };
}

function rows(points: Stored, from: number, width: number): (number | string | null)[][] {
  const found = new Map<number, (readonly [number, number | string])[]>();
  for (const point of points) {
    const slot = Math.floor((point[0] - from) / width);
    found.set(slot, [...(found.get(slot) ?? []), point]);
  }
  return [...found.values()].map((of) => {
    const numbers = of.flatMap(([, value]) => (typeof value === "number" ? [value] : []));
    const extent = numbers.length === 0 ? [null, null] : [Math.min(...numbers), Math.max(...numbers)];
    return [of[0]?.[0] ?? 0, null, ...extent, of.at(-1)?.[1] ?? null];
  });
}

function fill(
  store: Store,
  points: Points,
  request: { from: number; known?: number },
  pauses: () => void = () => undefined,
) {
  return fillFromHistory(
    points,
    { device: "kitchen", key: "temperature", from: request.from, to: NOW, known: request.known },
    {
      load: store.load,
      signal: new AbortController().signal,
      onPart: () => undefined,
      pause: async () => pauses(),
    },
  );
}

function everyMinute(from: number, to: number): [number, number][] {
  const found: [number, number][] = [];
  for (let time = from; time < to; time += 60_000) found.push([time, time / HOUR]);
  return found;
}

describe("fillFromHistory", () => {
  it("loads few values as they are", async () => {
    const store = new Store();
    store.points = everyMinute(NOW - HOUR, NOW);
    const points = new Points(5000);
    await fill(store, points, { from: NOW - HOUR, known: NOW - 60_000 });
    expect([...points.columns().times]).toEqual(store.points.map(([time]) => time));
    expect(points.resolution_ms).toBe(0);
    expect(store.queries).toHaveLength(1);
  });

  it("loses no spike of many values, and has the newest as they are", async () => {
    const store = new Store();
    const all = everyMinute(NOW - 24 * HOUR, NOW).map(([time], at): [number, number] => [time, at === 700 ? 99 : 1]);
    store.points = all;
    const points = new Points(5000);
    await fill(store, points, { from: NOW - 24 * HOUR, known: NOW - 60_000 });
    const { times, values } = points.columns();
    expect(times.length).toBeLessThan(200);
    expect(times[0]).toBe(NOW - 24 * HOUR);
    expect(Math.max(...values)).toBe(99);
    expect(Math.min(...values)).toBe(1);
    expect([...times.slice(-5)]).toEqual(all.slice(-5).map(([time]) => time));
    expect([...times]).toEqual([...new Set(times)]);
    expect(store.queries).toHaveLength(2);
    expect(gapsIn(times, usualInterval(times), points.resolution_ms)).toEqual([]);
  });

  it("shows a gap in what was put together", async () => {
    const store = new Store();
    store.points = everyMinute(NOW - 24 * HOUR, NOW).filter(
      ([time]) => time < NOW - 9 * HOUR || time >= NOW - 3 * HOUR,
    );
    const points = new Points(5000);
    await fill(store, points, { from: NOW - 24 * HOUR });
    const { times } = points.columns();
    expect(gapsIn(times, usualInterval(times), points.resolution_ms)).toHaveLength(1);
  });

  it("joins live values without seam and duplicate, though the recorder is behind", async () => {
    const store = new Store();
    const points = new Points(5000);
    const all = everyMinute(NOW - HOUR, NOW);
    // The newest three were on the log when live began, but not yet in the store.
    store.points = all.slice(0, -3);
    points.add(NOW + 30_000, 1);
    let pauses = 0;
    await fill(store, points, { from: NOW - HOUR, known: NOW - 60_000 }, () => {
      pauses++;
      if (pauses === 2) store.points = all;
    });
    expect(pauses).toBe(2);
    const { times } = points.columns();
    expect([...times]).toEqual([...all.map(([time]) => time), NOW + 30_000]);
  });

  it("does not wait for what is not in the window, nor for ever", async () => {
    const store = new Store();
    let pauses = 0;
    await fill(store, new Points(10), { from: NOW - HOUR, known: NOW - 2 * HOUR }, () => pauses++);
    expect(pauses).toBe(0);
    await fill(store, new Points(10), { from: NOW - HOUR, known: NOW - 60_000 }, () => pauses++);
    expect(pauses).toBe(4);
  });

  it("draws numbers only", async () => {
    const store = new Store();
    store.points = [
      [NOW - 3000, "off"],
      [NOW - 2000, 1],
    ];
    const points = new Points(10);
    await fill(store, points, { from: NOW - HOUR });
    expect(points.length).toBe(1);
  });

  it("gives a failure on", async () => {
    const store = new Store();
    store.load = () => Promise.reject(new Error("not_available"));
    await expect(fill(store, new Points(10), { from: NOW - HOUR })).rejects.toThrow("not_available");
  });
});
