import { describe, expect, it } from "vitest";
import type { HistoryAnswer, HistoryQuery } from "../app/api.ts";
import { fillFromHistory } from "./history.ts";
import { Points } from "./points.ts";

const HOUR = 3_600_000;
const NOW = 100 * HOUR;

type Stored = readonly (readonly [number, number | string])[];

/** A recorder's store that answers in pages; what it has may grow while it is asked. */
class Store {
  readonly queries: HistoryQuery[] = [];
  points: Stored = [];
  pageSize = 1000;

  load = async (query: HistoryQuery): Promise<HistoryAnswer> => {
    this.queries.push(query);
    const start = Number(query.after ?? 0);
    const inside = this.points.filter(([time]) => time >= query.from && time < query.to);
    const page = inside
      .slice(start, start + this.pageSize)
      .map(([time, value]): [number, number | string] => [time, value]);
    const end = start + page.length;
    return {
      series: [{ device: query.device, key: query.keys[0] ?? "", unit: null, points: page }],
      next: end < inside.length ? String(end) : null,
      position: null,
    };
  };
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
  it("loads the newest stretch first, and all of it", async () => {
    const store = new Store();
    store.points = everyMinute(NOW - 24 * HOUR, NOW);
    const points = new Points(5000);
    const parts: number[] = [];
    await fillFromHistory(
      points,
      { device: "kitchen", key: "temperature", from: NOW - 24 * HOUR, to: NOW, known: undefined },
      {
        load: store.load,
        signal: new AbortController().signal,
        onPart: () => parts.push(points.first ?? 0),
        pause: async () => undefined,
      },
    );
    expect(store.queries[0]).toMatchObject({ from: NOW - HOUR, to: NOW });
    expect(parts[0]).toBe(NOW - HOUR);
    expect(points.length).toBe(24 * 60);
    expect(store.queries.length).toBeLessThan(5);
  });

  it("follows pages", async () => {
    const store = new Store();
    store.points = everyMinute(NOW - HOUR, NOW);
    store.pageSize = 25;
    const points = new Points(5000);
    expect(await fill(store, points, { from: NOW - HOUR })).toEqual({ whole: true });
    expect(points.length).toBe(60);
    expect(store.queries).toHaveLength(3);
  });

  it("ends after many pages and says that there is more", async () => {
    const store = new Store();
    store.points = everyMinute(NOW - 24 * HOUR, NOW);
    store.pageSize = 5;
    const points = new Points(5000);
    expect(await fill(store, points, { from: NOW - 24 * HOUR })).toEqual({ whole: false });
    expect(points.last).toBe(NOW - 60_000);
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
