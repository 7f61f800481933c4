/** How true a value on the screen is. */

export type FreshnessState = "replaying" | "none" | "stale" | "offline" | "gap" | "live";

export interface Freshness {
  state: FreshnessState;
  /** Of `stale`: the link to the hub is lost, or the device is silent. */
  reason?: "link" | "silent";
}

export interface Circumstances {
  replaying: boolean;
  /** null: there is no value yet. By the hub's clock. */
  ageMs: number | null;
  /** The link is there, and nothing that came before the value on it is missing. */
  proved: boolean;
  connectivity: "online" | "offline" | "stale" | null;
  /** Whether the hub says that it is silent for too long; null: it does not judge that. */
  silent: boolean | null;
  /** How often a value comes; null: not learned yet. */
  intervalMs: number | null;
  /** Values before this one are missing. */
  gap: boolean;
}

const SILENT_INTERVALS = 3;
const SILENT_SLACK_MS = 5000;

const REPLAYING: Freshness = Object.freeze({ state: "replaying" });
const NONE: Freshness = Object.freeze({ state: "none" });
const STALE_LINK: Freshness = Object.freeze({ state: "stale", reason: "link" });
const OFFLINE: Freshness = Object.freeze({ state: "offline" });
const STALE_SILENT: Freshness = Object.freeze({ state: "stale", reason: "silent" });
const GAP: Freshness = Object.freeze({ state: "gap" });
const LIVE: Freshness = Object.freeze({ state: "live" });

/** Whether something that comes every `intervalMs` has been silent for too long. */
export function isSilent(ageMs: number, intervalMs: number | null): boolean {
  return intervalMs !== null && ageMs > SILENT_INTERVALS * intervalMs && ageMs >= intervalMs + SILENT_SLACK_MS;
}

/** The state of a value; the first that applies. The same object for the same state, so that it is cheap to compare. */
export function freshness(circumstances: Circumstances): Freshness {
  const { replaying, ageMs, proved, connectivity, silent, intervalMs, gap } = circumstances;
  if (replaying) return REPLAYING;
  if (ageMs === null) return NONE;
  if (!proved) return STALE_LINK;
  if (connectivity === "offline") return OFFLINE;
  if (connectivity === "stale" || (silent ?? isSilent(ageMs, intervalMs))) return STALE_SILENT;
  return gap ? GAP : LIVE;
}
