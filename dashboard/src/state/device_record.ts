/** What people say of a device: the `registry/<device>` event (docs/devices/registry.md). */

export interface DeviceRecord {
  /** Counts the changes. */
  readonly version: number;
  /** Empty: the device's own name stands. */
  readonly name: string;
  readonly tags: readonly string[];
  readonly location: string;
  readonly notes: string;
  /** How often it is expected to speak, in seconds; null: that is learned. */
  readonly interval_s: number | null;
  /** The time zone of a clock that tells none; empty: nobody has said. */
  readonly zone: string;
  readonly approved: boolean | null;
  /** The level of the device that this one is a part of. */
  readonly mergedInto: string | null;
  /** When it was forgotten last, ms since the epoch. */
  readonly forgotten: number | null;
}

export const NO_RECORD: DeviceRecord = Object.freeze({
  version: 0,
  name: "",
  tags: [],
  location: "",
  notes: "",
  interval_s: null,
  zone: "",
  approved: null,
  mergedInto: null,
  forgotten: null,
});

const text = (value: unknown) => (typeof value === "string" ? value : "");
const numberOrNull = (value: unknown) => (typeof value === "number" ? value : null);

/** The record of an event's data; what has another type is as if nobody had said it. */
export function readRecord(data: Readonly<Record<string, unknown>>): DeviceRecord {
  return {
    version: numberOrNull(data.version) ?? 0,
    name: text(data.name),
    tags: Array.isArray(data.tags) ? data.tags.filter((tag) => typeof tag === "string") : [],
    location: text(data.location),
    notes: text(data.notes),
    interval_s: numberOrNull(data.interval_s),
    zone: text(data.zone),
    approved: typeof data.approved === "boolean" ? data.approved : null,
    mergedInto: typeof data.merged_into === "string" ? data.merged_into : null,
    forgotten: numberOrNull(data.forgotten),
  };
}
