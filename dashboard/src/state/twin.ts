/** A device's twin: the `twin/<device>` event (docs/twin.md). Pure. */

import type { Scalar } from "../client/index.ts";

type Values = Readonly<Record<string, Scalar>>;
type Moments = Readonly<Record<string, number>>;

/** What is desired of a device and what it reports of that; moments in ms since the epoch. */
export interface Twin {
  /** Counts the changes of what is desired. */
  readonly version: number;
  readonly desired: Values;
  /** Of the desired keys only. */
  readonly reported: Values;
  /** When each desired value was set. */
  readonly since: Moments;
  /** Since when the device reports another value, or none: the keys of the difference. */
  readonly apart: Moments;
  /** Who has changed it last. */
  readonly by: string;
}

/** One desired key; `apart` is null where the device reports what is desired, `reported` where it reports nothing. */
export interface TwinRow {
  readonly key: string;
  readonly desired: Scalar;
  readonly reported: Scalar | null;
  readonly apart: number | null;
}

export const NO_TWIN: Twin = Object.freeze({ version: 0, desired: {}, reported: {}, since: {}, apart: {}, by: "" });

function members<T>(found: unknown, fits: (value: unknown) => boolean): Readonly<Record<string, T>> {
  if (typeof found !== "object" || found === null) return {};
  return Object.fromEntries(Object.entries(found).filter(([, value]) => fits(value)));
}

const isScalar = (value: unknown) => ["number", "boolean", "string"].includes(typeof value);
const isNumber = (value: unknown) => typeof value === "number";

/** The twin of an event's data; what has another type is as if nobody had said it. */
export function readTwin(data: Readonly<Record<string, unknown>>): Twin {
  const { version, by } = data;
  return {
    version: typeof version === "number" ? version : 0,
    desired: members(data.desired, isScalar),
    reported: members(data.reported, isScalar),
    since: members(data.since, isNumber),
    apart: members(data.apart, isNumber),
    by: typeof by === "string" ? by : "",
  };
}

const sameMoments = (one: Moments, other: Moments) =>
  Object.keys(one).length === Object.keys(other).length && Object.keys(one).every((key) => one[key] === other[key]);

/** The twin after another event: a later change, or news of the device under the same one; else what is known stays. */
export function takeTwin(before: Twin, next: Twin): Twin {
  if (next.version !== before.version) return next.version > before.version ? next : before;
  return sameMoments(next.since, before.since) ? next : before;
}

/** The desired keys by name. */
export function twinRows({ desired, reported, apart }: Twin): TwinRow[] {
  return Object.keys(desired)
    .sort()
    .map((key) => ({
      key,
      desired: desired[key] as Scalar,
      reported: reported[key] ?? null,
      apart: apart[key] ?? null,
    }));
}
