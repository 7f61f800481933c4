import type { HistoryAnswer, HistoryQuery, HistorySeries } from "../app/api.ts";
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

/** The recorder writes behind the log; what it had not written yet is asked for again after these pauses. */
const CATCH_UP_MS: readonly number[] = [500, 1_000, 2_000, 4_000];

interface Loading {
  load: LoadPage;
  signal: AbortSignal;
  onPart: () => void;
  pause: (delay_ms: number) => Promise<void>;
}

/**
 * Fills a chart's points from history, then closes the seam to the live values. Live points are in `points` from `to` on;
 * history before it is merged, so no time is there twice. Rejects with ApiError, or with the signal's reason.
 *
 * What is long comes as the smallest and largest value of each stretch; its newest stretch is asked for by itself, which
 * gives the values, so that they go on as live ones do.
 */
export async function fillFromHistory(points: Points, request: HistoryRequest, loading: Loading): Promise<void> {
  let newest = await take(points, request, loading, request.from);
  if (newest.resolution_ms > 0) newest = await take(points, request, loading, newest.time);
  const known = request.known;
  if (known === undefined || known < request.from) return;
  // The recorder writes in the order of the log: once it has the value that was the newest when live began, it has all
  // before it.
  for (const delay_ms of CATCH_UP_MS) {
    if (newest.time >= known) return;
    await loading.pause(delay_ms);
    newest = await take(points, request, loading, Math.max(request.from, newest.time));
  }
}

interface Newest {
  time: number;
  resolution_ms: number;
}

async function take(points: Points, request: HistoryRequest, loading: Loading, from: number): Promise<Newest> {
  const { device, key, to } = request;
  const { series, resolution_ms } = await loading.load({ device, keys: [key], from, to }, loading.signal);
  const rows = series.flatMap((one) => (resolution_ms > 0 ? envelopeOf(one, resolution_ms) : valuesOf(one)));
  const times = series.flatMap((one) => one.points.map(([time]) => time as number));
  points.merge(rows);
  points.resolution_ms = Math.max(points.resolution_ms, 2 * resolution_ms);
  loading.onPart();
  return { time: Math.max(from, ...times.slice(-1)), resolution_ms };
}

function valuesOf({ points }: HistorySeries): [number, number][] {
  return points.filter((point): point is [number, number] => typeof point[1] === "number");
}

/** The smallest and the largest value of each row but the last, a little apart. */
function envelopeOf({ points, columns }: HistorySeries, resolution_ms: number): [number, number][] {
  const [min, max] = [columns.indexOf("min"), columns.indexOf("max")];
  const found: [number, number][] = [];
  for (const row of points.slice(0, -1)) {
    const [time, low, high] = [row[0] as number, row[min], row[max]];
    if (typeof low !== "number" || typeof high !== "number") continue;
    found.push([time, low]);
    if (high !== low) found.push([time + resolution_ms / 2, high]);
  }
  return found;
}
