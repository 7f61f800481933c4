import type { Columns } from "./points.ts";

export interface Extent {
  min: number;
  max: number;
  last: number;
}

/** Smallest, largest and last value between two times; null where there is none. */
export function extentOf({ times, values }: Columns, from: number, to: number): Extent | null {
  let extent: Extent | null = null;
  for (let i = 0; i < times.length; i++) {
    const [time, value] = [times[i] as number, values[i] as number];
    if (time < from || time > to) continue;
    if (extent === null) extent = { min: value, max: value, last: value };
    else extent = { min: Math.min(extent.min, value), max: Math.max(extent.max, value), last: value };
  }
  return extent;
}

/** The y range of a chart: the extent with some air, never of no height, widened at once and narrowed only by a lot. */
export function stickyRange(extent: Extent | null, before: readonly [number, number] | null): [number, number] {
  if (extent === null) return before === null ? [0, 1] : [before[0], before[1]];
  const air = (extent.max - extent.min) * 0.1 || Math.abs(extent.max) * 0.1 || 1;
  const wanted: [number, number] = [extent.min - air, extent.max + air];
  if (before === null) return wanted;
  const fits = before[0] <= extent.min && before[1] >= extent.max;
  const roomy = before[1] - before[0] > 2 * (wanted[1] - wanted[0]);
  return fits && !roomy ? [before[0], before[1]] : wanted;
}
