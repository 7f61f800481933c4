import type { HistoryAnswer, HistoryQuery } from "../app/api.ts";
import type { Points } from "./points.ts";

export type LoadPage = (query: HistoryQuery, signal: AbortSignal) => Promise<HistoryAnswer>;

export interface HistoryRequest {
  device: string;
  key: string;
  from: number;
  /** When the chart began to collect live values. */
  to: number;
  /** Time of the newest value known when the chart began; history has caught up once it holds this one. */
  known: number | undefined;
}

const FIRST_SLICE_MS = 3_600_000;
const MAX_PAGES = 60;
/** The recorder writes behind the log; what it had not written yet is asked for again after these pauses. */
const CATCH_UP_MS: readonly number[] = [500, 1_000, 2_000, 4_000];

export interface Loaded {
  /** false: there is more before what was loaded. */
  whole: boolean;
}

/**
 * Fills a chart's points from history, newest stretch first, so that what is looked at comes first; then closes the seam
 * to the live values. Live points are in `points` from `to` on; history before it is merged, so no time is there twice.
 * Rejects with ApiError, or with the signal's reason.
 */
export async function fillFromHistory(
  points: Points,
  request: HistoryRequest,
  options: { load: LoadPage; signal: AbortSignal; onPart: () => void; pause: (delay_ms: number) => Promise<void> },
): Promise<Loaded> {
  const pages = { left: MAX_PAGES };
  const take = async (from: number, to: number) => {
    const newest = await loadStretch(points, { ...request, from, to }, { ...options, pages });
    options.onPart();
    return newest;
  };
  let slice_ms = Math.min(FIRST_SLICE_MS, request.to - request.from);
  let to = request.to;
  let newest = Number.NEGATIVE_INFINITY;
  while (to > request.from && pages.left > 0) {
    const from = Math.max(request.from, to - slice_ms);
    const before = pages.left;
    newest = Math.max(newest, await take(from, to));
    to = from;
    if (before - pages.left === 1) slice_ms *= 4;
  }
  await closeSeam(request, newest, { take, pause: options.pause });
  return { whole: to <= request.from };
}

async function loadStretch(
  points: Points,
  { device, key, from, to }: HistoryRequest,
  { load, signal, pages }: { load: LoadPage; signal: AbortSignal; pages: { left: number } },
): Promise<number> {
  let after: string | undefined;
  let newest = Number.NEGATIVE_INFINITY;
  do {
    pages.left--;
    const page = await load({ device, keys: [key], from, to, after }, signal);
    for (const series of page.series) {
      const numbers = series.points.filter((point): point is [number, number] => typeof point[1] === "number");
      for (const [time] of series.points) newest = Math.max(newest, time);
      points.merge(numbers);
    }
    after = page.next ?? undefined;
  } while (after !== undefined && pages.left > 0);
  return newest;
}

/**
 * The recorder writes in the order of the log: once it has the value that was the newest when live began, it has all
 * before it. Until then the tail is read again.
 */
async function closeSeam(
  request: HistoryRequest,
  newestLoaded: number,
  { take, pause }: { take: (from: number, to: number) => Promise<number>; pause: (delay_ms: number) => Promise<void> },
): Promise<void> {
  const known = request.known;
  if (known === undefined || known < request.from) return;
  let newest = newestLoaded;
  for (const delay_ms of CATCH_UP_MS) {
    if (newest >= known) return;
    await pause(delay_ms);
    newest = Math.max(newest, await take(Math.max(request.from, newest), request.to));
  }
}
