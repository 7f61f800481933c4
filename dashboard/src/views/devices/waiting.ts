/** Devices that wait to be approved, from `$quarantine/<device>` events. */

import type { HubEvent } from "../../client/index.ts";

const ROOT = "$quarantine/";
const MAX_SAMPLE_CHARS = 120;

export interface Waiting {
  family: string;
  messages: number;
  /** The newest of what it said, as JSON. */
  sample: string;
}

/** What waits after these events, by the level of the device. */
export function waitingOf(
  before: ReadonlyMap<string, Waiting>,
  events: readonly HubEvent[],
): ReadonlyMap<string, Waiting> {
  const after = new Map(before);
  for (const { topic, data } of events) {
    if (!topic.startsWith(ROOT)) continue;
    const samples = Array.isArray(data.samples) ? data.samples : [];
    const newest = samples.at(-1) as { data?: unknown } | undefined;
    after.set(topic.slice(ROOT.length), {
      family: String(data.family ?? ""),
      messages: Number(data.messages ?? 0),
      sample: JSON.stringify(newest?.data ?? {}).slice(0, MAX_SAMPLE_CHARS),
    });
  }
  return after;
}
