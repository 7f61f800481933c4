/** The hub's inbox and mappings over HTTP; what is refused comes as ApiError. */

import { request, send } from "../app/api.ts";

const MAPPINGS = "/api/mappings";

export interface MappedValue {
  key: string;
  path: string;
  unit: string | null;
  scale: number | null;
  text: boolean;
}

/** What the messages of the topics that `filter` selects mean. */
export interface MappingRecord {
  filter: string;
  device: string;
  format: "json" | "pairs" | "text";
  values: MappedValue[];
  time: string | null;
  /** Read as this family's messages, as if they had come on `topic`; empty: by the members above. */
  family: string;
  topic: string;
  ignore: boolean;
}

export interface Proposal extends MappingRecord {
  name: string;
}

export interface Sample {
  topic: string;
  /** ms since the epoch. */
  time: number;
  /** Its beginning. */
  payload: string;
  bytes: number;
  refusal: string;
  reason: string;
}

/** Messages of one topic shape; `shape` is "" for topics that the hub can't carry. */
export interface InboxEntry {
  shape: string;
  count: number;
  families: Record<string, number>;
  reason: string;
  first: number;
  last: number;
  samples: Sample[];
  proposal: Proposal | null;
}

export interface InboxAnswer {
  shapes: InboxEntry[];
  /** Shapes, and messages, that are not shown because there were too many. */
  evicted: number;
  skipped: number;
}

/** What of a mapping the hub is told: one to a family has no other members. */
export function recordOf({ filter, family, topic, ...own }: MappingRecord): object {
  return family === "" ? { filter, ...own } : { filter, family, topic };
}

export const loadInbox = (signal: AbortSignal) => request<InboxAnswer>("/api/inbox", { signal });

/** Stores a mapping; how many of the kept messages it could read. */
export const storeMapping = (name: string, record: MappingRecord) =>
  send<{ decoded: number; cut: number }>("PUT", `${MAPPINGS}/${encodeURIComponent(name)}`, recordOf(record));

/** A name for the mapping that has a shape ignored. */
export function ignoringName(shape: string): string {
  const kept = shape.replace(/[^\p{L}\p{N}_.-]+/gu, "-").replace(/^-+|-+$/g, "");
  return `ignore-${kept}`.slice(0, 64);
}

/** The mapping that has a shape ignored. */
export function ignoring(shape: string): MappingRecord {
  return { filter: shape, device: "", format: "json", values: [], time: null, family: "", topic: "", ignore: true };
}
