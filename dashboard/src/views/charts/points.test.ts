import { describe, expect, it } from "vitest";
import { envelope, gapsIn, Points, silenceLimit, usualInterval } from "./points.ts";

function rows(points: Points): [number, number][] {
  const { times, values } = points.columns();
  return Array.from(times, (time, i) => [time, values[i] ?? Number.NaN]);
}

describe("Points", () => {
  it("keeps live points in order, a late one in its place, and one of each time", () => {
    const points = new Points(100);
    for (const [time, value] of [
      [10, 1],
      [30, 3],
      [20, 2],
      [30, 4],
      [5, 0],
    ] as const) {
      points.add(time, value);
    }
    expect(rows(points)).toEqual([
      [5, 0],
      [10, 1],
      [20, 2],
      [30, 4],
    ]);
    expect([points.first, points.last, points.length]).toEqual([5, 30, 4]);
  });

  it("merges history under live points: no seam, no duplicate, live wins", () => {
    const points = new Points(100);
    points.add(30, 3);
    points.add(40, 4);
    points.merge([
      [20, 2],
      [10, 1],
      [30, 99],
      [35, 3.5],
      [50, 5],
    ]);
    expect(rows(points)).toEqual([
      [10, 1],
      [20, 2],
      [30, 3],
      [35, 3.5],
      [40, 4],
      [50, 5],
    ]);
    points.merge([]);
    points.merge([[10, 7]]);
    expect(points.length).toBe(6);
  });

  it("finds the point at or before a time", () => {
    const points = new Points(100);
    expect(points.indexAt(5)).toBe(-1);
    for (const time of [10, 20, 30]) points.add(time, time);
    expect([5, 10, 25, 30, 99].map((time) => points.indexAt(time))).toEqual([-1, 0, 1, 2, 2]);
  });

  it("forgets what is older than a time and goes on", () => {
    const points = new Points(5000);
    for (let i = 0; i < 3000; i++) points.add(i, i);
    points.dropBefore(2990);
    for (let i = 3000; i < 3010; i++) points.add(i, i);
    expect(points.length).toBe(20);
    expect([points.first, points.last]).toEqual([2990, 3009]);
    points.dropBefore(9999);
    expect([points.first, points.last]).toEqual([undefined, undefined]);
  });

  it("is bounded and never loses a spike", () => {
    const points = new Points(1000);
    for (let i = 0; i < 10_000; i++) points.add(i, i === 1234 ? 99 : Math.sin(i));
    expect(points.length).toBeLessThanOrEqual(1000);
    expect(Math.max(...points.columns().values)).toBe(99);
    expect(points.resolution_ms).toBeGreaterThan(1);
    points.merge(Array.from({ length: 5000 }, (_, i) => [-i, i] as const));
    expect(points.length).toBeLessThanOrEqual(1000);
    expect(Math.max(...points.columns().values)).toBe(4999);
  });
});

describe("envelope", () => {
  it("keeps the smallest and the largest of each stretch, in order", () => {
    const times = Float64Array.from([0, 1, 2, 3, 4, 5, 6, 7]);
    const values = Float64Array.from([5, 9, 1, 5, 5, 5, 5, 5]);
    const kept = envelope({ times, values }, 2);
    expect([...kept.values].slice(0, 2)).toEqual([9, 1]);
    expect([...kept.times]).toEqual([...kept.times].sort((a, b) => a - b));
    expect(envelope({ times: new Float64Array(), values: new Float64Array() }, 4).times).toHaveLength(0);
  });
});

describe("gaps", () => {
  it("are longer than a device of this interval is ever silent", () => {
    expect(silenceLimit(1_000)).toBe(6_000);
    expect(silenceLimit(10_000)).toBe(30_000);
    expect(gapsIn([0, 1_000, 2_000, 9_000, 10_000], 1_000)).toEqual([{ from: 2_000, to: 9_000 }]);
    expect(gapsIn([0, 1_000, 7_000], 1_000)).toEqual([]);
  });

  it("are not what thinning has made", () => {
    expect(gapsIn([0, 1_000, 9_000], 1_000, 10_000)).toEqual([]);
  });

  it("need a usual interval, which is the median", () => {
    expect(usualInterval([0, 10, 20, 500, 510, 520])).toBe(10);
    expect(usualInterval([0, 10])).toBe(0);
  });
});
