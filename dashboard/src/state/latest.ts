/** The latest value of each series (a key of a device) in typed arrays: a slot a series, and a list of those that changed. */

import type { Scalar } from "../client/index.ts";
import { type Interval, learnInterval, trustedMs } from "./interval.ts";

const FIRST_CAPACITY = 256;

/** `time` and `seen` in ms since the epoch: the event's time, and when the hub had it; `learn`: the step before it counts. */
export interface Stamp {
  time: number;
  seen: number;
  learn: boolean;
}

/** What came for a series since its change was last taken; NaN, NaN, 0 where no number did. */
export interface Span {
  min: number;
  max: number;
  count: number;
}

type Texts = Exclude<Scalar, number>;

function grown<T extends Float64Array | Uint8Array | Uint32Array>(old: T, wider: T): T {
  wider.set(old);
  return wider;
}

export class LatestValues {
  readonly #slots = new Map<string, Map<string, number>>();
  readonly #owners: { readonly device: string; readonly key: string }[] = [];
  #last = new Float64Array(FIRST_CAPACITY);
  #time = new Float64Array(FIRST_CAPACITY);
  #seen = new Float64Array(FIRST_CAPACITY);
  #learnedFrom = new Float64Array(FIRST_CAPACITY);
  #min = new Float64Array(FIRST_CAPACITY);
  #max = new Float64Array(FIRST_CAPACITY);
  #count = new Uint32Array(FIRST_CAPACITY);
  #interval = new Float64Array(FIRST_CAPACITY);
  #steps = new Uint8Array(FIRST_CAPACITY);
  /** Values that are no numbers; null where `#last` holds. */
  readonly #texts: (Texts | null)[] = [];
  #isDirty = new Uint8Array(FIRST_CAPACITY);
  #dirty = new Uint32Array(FIRST_CAPACITY);
  #dirtyCount = 0;

  get size(): number {
    return this.#owners.length;
  }

  /** The slot of a series, made where there is none. */
  slot(device: string, key: string): number {
    let keys = this.#slots.get(device);
    if (keys === undefined) {
      keys = new Map();
      this.#slots.set(device, keys);
    }
    let slot = keys.get(key);
    if (slot === undefined) {
      slot = this.#make(device, key);
      keys.set(key, slot);
    }
    return slot;
  }

  find(device: string, key: string): number | undefined {
    return this.#slots.get(device)?.get(key);
  }

  /** The series of a slot that `slot` gave. */
  owner(slot: number): { readonly device: string; readonly key: string } | undefined {
    return this.#owners[slot];
  }

  /** Takes a value and says whether it is the latest now; one older than what is there changes nothing. */
  write(slot: number, value: Scalar, { time, seen, learn }: Stamp): boolean {
    if (time < this.#at(this.#time, slot)) return false;
    this.#learn(slot, seen, learn);
    this.#time[slot] = time;
    this.#seen[slot] = seen;
    if (typeof value === "number") this.#writeNumber(slot, value);
    else this.#texts[slot] = value;
    if (this.#isDirty[slot] === 0) {
      this.#isDirty[slot] = 1;
      this.#dirty[this.#dirtyCount] = slot;
      this.#dirtyCount += 1;
    }
    return true;
  }

  /** null before the first. */
  value(slot: number): Scalar | null {
    if (Number.isNaN(this.time(slot))) return null;
    return this.#texts[slot] ?? this.#at(this.#last, slot);
  }

  /** ms since the epoch, the device's own clock where it has one; NaN before the first value. */
  time(slot: number): number {
    return this.#at(this.#time, slot);
  }

  /** ms since the epoch, by the hub's clock; NaN before the first value. */
  seen(slot: number): number {
    return this.#at(this.#seen, slot);
  }

  /** How often a value comes; null until it is learned. */
  intervalMs(slot: number): number | null {
    return trustedMs(this.#intervalOf(slot));
  }

  span(slot: number): Span {
    return { min: this.#at(this.#min, slot), max: this.#at(this.#max, slot), count: this.#count[slot] ?? 0 };
  }

  /** The slots written since the last call, each once, in the order of their first write; their spans begin anew. */
  takeDirty(): Uint32Array {
    const taken = this.#dirty.slice(0, this.#dirtyCount);
    this.#dirtyCount = 0;
    for (const slot of taken) {
      this.#isDirty[slot] = 0;
      this.#min[slot] = Number.NaN;
      this.#max[slot] = Number.NaN;
      this.#count[slot] = 0;
    }
    return taken;
  }

  #at(column: Float64Array, slot: number): number {
    return column[slot] ?? Number.NaN;
  }

  #intervalOf(slot: number): Interval {
    return { ms: this.#at(this.#interval, slot), steps: this.#steps[slot] ?? 0 };
  }

  #writeNumber(slot: number, value: number): void {
    this.#texts[slot] = null;
    this.#last[slot] = value;
    const { min, max, count } = this.span(slot);
    this.#min[slot] = count === 0 ? value : Math.min(min, value);
    this.#max[slot] = count === 0 ? value : Math.max(max, value);
    this.#count[slot] = count + 1;
  }

  #learn(slot: number, seen: number, learn: boolean): void {
    const { ms, steps } = learnInterval(this.#intervalOf(slot), seen - this.#at(this.#learnedFrom, slot));
    this.#interval[slot] = ms;
    this.#steps[slot] = steps;
    this.#learnedFrom[slot] = learn ? seen : Number.NaN;
  }

  #make(device: string, key: string): number {
    const slot = this.#owners.length;
    if (slot === this.#last.length) this.#grow(slot * 2);
    this.#owners.push({ device, key });
    this.#texts.push(null);
    for (const column of [this.#time, this.#seen, this.#learnedFrom, this.#min, this.#max]) column[slot] = Number.NaN;
    return slot;
  }

  #grow(capacity: number): void {
    const float = (column: Float64Array<ArrayBuffer>) => grown(column, new Float64Array(capacity));
    this.#last = float(this.#last);
    this.#time = float(this.#time);
    this.#seen = float(this.#seen);
    this.#learnedFrom = float(this.#learnedFrom);
    this.#min = float(this.#min);
    this.#max = float(this.#max);
    this.#interval = float(this.#interval);
    this.#count = grown(this.#count, new Uint32Array(capacity));
    this.#dirty = grown(this.#dirty, new Uint32Array(capacity));
    this.#steps = grown(this.#steps, new Uint8Array(capacity));
    this.#isDirty = grown(this.#isDirty, new Uint8Array(capacity));
  }
}
