/** How often something comes, learned from the steps between its times. */

/** Before so many steps nothing is promised; until then the longest counts, as a device begins with a burst. */
const STEPS_TO_TRUST = 3;
/** Shares of a step that is longer or shorter than what is known: pauses inside a burst must not hide its rhythm. */
const LONGER = 1 / 2;
const SHORTER = 1 / 8;
/** A longer step counts at most as so many known ones: an outage is no new rhythm. */
const MOST = 4;

/** `steps` says how many steps `ms` has been learned from, up to the number from which it is trusted. */
export interface Interval {
  ms: number;
  steps: number;
}

export const NO_INTERVAL: Interval = { ms: 0, steps: 0 };

/** The interval after one more step; a step of no time is none. */
export function learnInterval({ ms, steps }: Interval, stepMs: number): Interval {
  if (!(stepMs > 0)) return { ms, steps };
  if (steps < STEPS_TO_TRUST) return { ms: Math.max(ms, stepMs), steps: steps + 1 };
  if (stepMs < ms) return { ms: ms + (stepMs - ms) * SHORTER, steps };
  return { ms: ms + (Math.min(stepMs, ms * MOST) - ms) * LONGER, steps };
}

/** The interval in ms; null while it is not trusted. */
export function trustedMs({ ms, steps }: Interval): number | null {
  return steps < STEPS_TO_TRUST ? null : ms;
}
