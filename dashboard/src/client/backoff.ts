/** How long to wait before the next try. */

export const MIN_BACKOFF_MS = 500;
export const MAX_BACKOFF_MS = 20_000;

/**
 * Milliseconds to wait after `failures` tries in a row have failed, from 0.5 to 20 s. Full jitter: when a hub restarts,
 * its dashboards come back spread over the whole span and not all at once. `random` gives [0, 1).
 */
export function backoffMs(failures: number, random: () => number): number {
  const most = Math.min(MAX_BACKOFF_MS, MIN_BACKOFF_MS * 2 ** (failures + 1));
  return Math.round(MIN_BACKOFF_MS + random() * (most - MIN_BACKOFF_MS));
}
