/** What the dashboard knows of the devices, from `device/`, `registry/`, `connectivity/` and `telemetry/` events. */

import type { HubEvent, Scalar } from "../client/index.ts";
import { type DeviceRecord, NO_RECORD, readRecord } from "./device_record.ts";
import { type Interval, learnInterval, NO_INTERVAL, trustedMs } from "./interval.ts";
import { LatestValues } from "./latest.ts";

export type ConnectivityState = "online" | "offline" | "stale";

const CONNECTIVITY_STATES: ReadonlySet<unknown> = new Set<ConnectivityState>(["online", "offline", "stale"]);

/** The latest value of one key of a device: a view on its slot, always the present state. */
export class KeyValue {
  readonly key: string;
  readonly slot: number;
  readonly #latest: LatestValues;

  constructor(key: string, slot: number, latest: LatestValues) {
    this.key = key;
    this.slot = slot;
    this.#latest = latest;
  }

  get value(): Scalar | null {
    return this.#latest.value(this.slot);
  }

  /** ms since the epoch, the device's own clock where it has one. */
  get time(): number {
    return this.#latest.time(this.slot);
  }

  /** ms since the epoch, by the hub's clock: what its age is counted from. */
  get seen(): number {
    return this.#latest.seen(this.slot);
  }

  get intervalMs(): number | null {
    return this.#latest.intervalMs(this.slot);
  }
}

/** The hub's word on whether a device is reachable. */
export interface Connectivity {
  state: ConnectivityState;
  /** Since when, ms since the epoch. */
  time: number;
  /** Keys that are stale while others are not; null: the hub does not judge that. */
  stale: ReadonlySet<string> | null;
  /** How often it speaks, as the hub has learned it. */
  interval_ms: number | null;
  /** How often those of the stale keys usually come of which the hub knows it. */
  key_intervals: Readonly<Record<string, unknown>>;
  /** Time of the event. */
  told: number;
}

export class Device {
  /** The name its family gave it. */
  readonly id: string;
  /** The id as a level of a topic. */
  readonly level: string;
  /** The id until a `device/` event says better. */
  ownName: string;
  /** What people say of it. */
  record: DeviceRecord = NO_RECORD;
  family = "";
  /** The gateway that it speaks through. */
  via = "";
  units: Readonly<Record<string, string>> = {};
  attributes: Readonly<Record<string, unknown>> = {};
  /** Its keys in the order in which they came. */
  readonly keys = new Map<string, KeyValue>();
  connectivity: Connectivity | null = null;
  /** ms since the epoch, by the hub's clock, of the newest telemetry; null before the first. */
  lastSeen: number | null = null;
  /** Time of the newest `device/` event. */
  describedAt = Number.NEGATIVE_INFINITY;
  interval: Interval = NO_INTERVAL;
  learnedFrom = Number.NaN;

  constructor(level: string) {
    this.level = level;
    this.id = fromLevel(level);
    this.ownName = this.id;
  }

  /** What people call it, else what it calls itself. */
  get name(): string {
    return this.record.name || this.ownName;
  }

  /** How often telemetry comes; null until it is learned. */
  get intervalMs(): number | null {
    return this.connectivity?.interval_ms ?? trustedMs(this.interval);
  }

  /** Whether anything was heard of it, since it was forgotten if it was. */
  get present(): boolean {
    return this.lastSeen !== null || this.connectivity !== null || this.describedAt > Number.NEGATIVE_INFINITY;
  }

  /** Nothing is known of it any more, but what came since a time. */
  forget(time: number): void {
    if (Math.max(this.describedAt, this.lastSeen ?? 0) > time) return;
    this.keys.clear();
    this.lastSeen = null;
    this.connectivity = null;
    this.describedAt = Number.NEGATIVE_INFINITY;
    this.ownName = this.id;
  }

  /** How often a key comes: by the hub's word where the key is stale, else as it was learned here; null: unknown. */
  usualMs({ key, intervalMs }: KeyValue): number | null {
    const told = this.connectivity?.key_intervals[key];
    return typeof told === "number" ? told : intervalMs;
  }

  /** Whether the hub says that a key, or the whole device, is silent; null: it does not judge that. */
  isSilent(key?: string): boolean | null {
    const stale = this.connectivity?.stale ?? null;
    return stale === null ? null : key !== undefined && stale.has(key);
  }
}

export interface DevicesChange {
  /** Ids of devices of which anything changed. */
  devices: ReadonlySet<string>;
  /** Ids that are new, in the order in which they came. */
  added: readonly string[];
}

/** The id of a level of a topic (hub/topics.py, `from_level`); a level that is not well encoded is its own id. */
export function fromLevel(level: string): string {
  try {
    return decodeURIComponent(level);
  } catch {
    return level;
  }
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === "number" || typeof value === "string" || typeof value === "boolean";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function texts(value: unknown): Record<string, string> {
  const entries = isObject(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** All devices. It is changed in place; an event older than what it would change is passed over. */
export class Devices {
  /** The values: `takeDirty` says which changed. */
  readonly latest = new LatestValues();
  readonly #byLevel = new Map<string, Device>();
  readonly #byId = new Map<string, Device>();

  get size(): number {
    return [...this.all()].length;
  }

  get(id: string): Device | undefined {
    const device = this.#byId.get(id);
    return device?.present ? device : undefined;
  }

  /** What people say of a device, also of one that waits to be approved. */
  record(id: string): DeviceRecord {
    return this.#byId.get(id)?.record ?? NO_RECORD;
  }

  /** All devices in the order in which they came. */
  *all(): IterableIterator<Device> {
    for (const device of this.#byId.values()) if (device.present) yield device;
  }

  /** Takes events; those of other topics are passed over. From a snapshot no interval is learned: it has one time for all keys. */
  apply(events: readonly HubEvent[], { snapshot }: { snapshot: boolean }): DevicesChange {
    const devices = new Set<string>();
    const added: string[] = [];
    for (const event of events) {
      const start = event.topic.indexOf("/") + 1;
      const take = TAKES.get(event.topic.slice(0, start));
      const level = event.topic.slice(start);
      if (take === undefined || level === "" || level.includes("/")) continue;
      const device = this.#device(level, added);
      if (take(device, event, { latest: this.latest, learn: !snapshot })) devices.add(device.id);
    }
    for (const id of added) devices.add(id);
    return { devices, added };
  }

  #device(level: string, added: string[]): Device {
    let device = this.#byLevel.get(level);
    if (device === undefined) {
      device = new Device(level);
      this.#byLevel.set(level, device);
      this.#byId.set(device.id, device);
      added.push(device.id);
    }
    return device;
  }
}

type Take = (device: Device, event: HubEvent, context: { latest: LatestValues; learn: boolean }) => boolean;

const takeTelemetry: Take = (device, { time, received, data }, { latest, learn }) => {
  const seen = received ?? time;
  device.interval = learnInterval(device.interval, seen - device.learnedFrom);
  device.learnedFrom = learn ? seen : Number.NaN;
  device.lastSeen = Math.max(device.lastSeen ?? seen, seen);
  for (const [key, value] of Object.entries(data)) {
    if (!isScalar(value)) continue;
    let known = device.keys.get(key);
    if (known === undefined) {
      known = new KeyValue(key, latest.slot(device.id, key), latest);
      device.keys.set(key, known);
    }
    latest.write(known.slot, value, { time, seen, learn });
  }
  return true;
};

const takeConnectivity: Take = (device, { time, data }) => {
  if (!CONNECTIVITY_STATES.has(data.state)) return false;
  const before = device.connectivity;
  if (before !== null && time < before.told) return false;
  const state = data.state as ConnectivityState;
  const judged = typeof data.since === "number";
  // A state that is said again goes on.
  if (!judged && before?.state === state) return false;
  device.connectivity = {
    state,
    time: judged ? Number(data.since) : time,
    stale: judged ? new Set(Array.isArray(data.keys) ? data.keys.map(String) : []) : null,
    interval_ms: typeof data.interval_ms === "number" ? data.interval_ms : null,
    key_intervals: isObject(data.key_intervals) ? data.key_intervals : {},
    told: time,
  };
  return true;
};

const takeDescription: Take = (device, { time, data }) => {
  if (time < device.describedAt) return false;
  device.describedAt = time;
  if (typeof data.name === "string" && data.name !== "") device.ownName = data.name;
  if (typeof data.family === "string") device.family = data.family;
  device.via = typeof data.via === "string" ? data.via : "";
  device.units = texts(data.units);
  device.attributes = isObject(data.attributes) ? data.attributes : {};
  return true;
};

const takeRecord: Take = (device, { data }) => {
  const record = readRecord(data);
  // Of two changes that were made at once the first on the log counts.
  if (record.version <= device.record.version) return false;
  device.record = record;
  if (record.forgotten !== null) device.forget(record.forgotten);
  return true;
};

const TAKES: ReadonlyMap<string, Take> = new Map([
  ["telemetry/", takeTelemetry],
  ["connectivity/", takeConnectivity],
  ["device/", takeDescription],
  ["registry/", takeRecord],
]);
