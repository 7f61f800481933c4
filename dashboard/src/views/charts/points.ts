/** The points of one chart: history and live meet here, in order of time and each time once. */

export interface Columns {
  times: Float64Array<ArrayBuffer>;
  values: Float64Array<ArrayBuffer>;
}

/** A stretch without data, ms since the epoch. */
export interface Gap {
  from: number;
  to: number;
}

const MIN_CAPACITY = 1024;

/**
 * Bounded columns of time (ms) and value. Live points are added at the end (a late one finds its place), history is
 * merged in; at the same time what is there already wins over history. Where more than `limit` would be kept, each
 * bucket keeps its smallest and largest value: a spike is never lost.
 */
export class Points {
  readonly #limit: number;
  #times = new Float64Array(MIN_CAPACITY);
  #values = new Float64Array(MIN_CAPACITY);
  #start = 0;
  #end = 0;
  /** How far apart points may lie only because others between them were not kept. */
  resolution_ms = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#end - this.#start;
  }

  get first(): number | undefined {
    return this.length === 0 ? undefined : this.#times[this.#start];
  }

  get last(): number | undefined {
    return this.length === 0 ? undefined : this.#times[this.#end - 1];
  }

  /** Views on the points, without a copy; good until the next change. */
  columns(): Columns {
    return {
      times: this.#times.subarray(this.#start, this.#end),
      values: this.#values.subarray(this.#start, this.#end),
    };
  }

  /** Takes a live point; one of the same time is replaced. */
  add(time: number, value: number): void {
    const last = this.last;
    if (last !== undefined && time <= last) this.#insert(time, value);
    else {
      this.#reserve();
      this.#times[this.#end] = time;
      this.#values[this.#end++] = value;
    }
    if (this.length > this.#limit) this.#thin();
  }

  /** Takes points of history in any order. */
  merge(points: readonly (readonly [number, number])[]): void {
    if (points.length === 0) return;
    const sorted = [...points].sort((a, b) => a[0] - b[0]);
    const { times, values } = this.columns();
    const merged: Columns = {
      times: new Float64Array(times.length + sorted.length),
      values: new Float64Array(times.length + sorted.length),
    };
    let length = 0;
    const put = (time: number, value: number) => {
      if (length > 0 && merged.times[length - 1] === time) length--;
      merged.times[length] = time;
      merged.values[length++] = value;
    };
    let at = 0;
    for (let i = 0; i < times.length; i++) {
      const time = times[i] as number;
      for (let next = sorted[at]; next !== undefined && next[0] <= time; next = sorted[++at]) put(next[0], next[1]);
      put(time, values[i] as number);
    }
    for (const [time, value] of sorted.slice(at)) put(time, value);
    this.#replace(merged, length);
    while (this.length > this.#limit) this.#thin();
  }

  /** Forgets what is older than a time. */
  dropBefore(time: number): void {
    while (this.#start < this.#end && (this.#times[this.#start] as number) < time) this.#start++;
  }

  /** The index of the last point at or before a time; -1 where there is none. */
  indexAt(time: number): number {
    const { times } = this.columns();
    let [low, high] = [0, times.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((times[middle] as number) <= time) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #insert(time: number, value: number): void {
    const index = this.indexAt(time);
    if (index >= 0 && this.#times[this.#start + index] === time) {
      this.#values[this.#start + index] = value;
      return;
    }
    this.#reserve();
    const at = this.#start + index + 1;
    this.#times.copyWithin(at + 1, at, this.#end);
    this.#values.copyWithin(at + 1, at, this.#end);
    this.#times[at] = time;
    this.#values[at] = value;
    this.#end++;
  }

  #reserve(): void {
    if (this.#end < this.#times.length) return;
    const { times, values } = this.columns();
    const capacity = Math.max(MIN_CAPACITY, times.length * 2);
    const grown = { times: new Float64Array(capacity), values: new Float64Array(capacity) };
    grown.times.set(times);
    grown.values.set(values);
    this.#replace(grown, times.length);
  }

  #replace(columns: Columns, length: number): void {
    this.#times = columns.times;
    this.#values = columns.values;
    this.#start = 0;
    this.#end = length;
  }

  #thin(): void {
    const buckets = Math.max(1, this.#limit >> 2);
    this.resolution_ms = Math.max(this.resolution_ms, (2 * ((this.last ?? 0) - (this.first ?? 0))) / buckets);
    const thinned = envelope(this.columns(), buckets);
    this.#replace(thinned, thinned.times.length);
  }
}

/** At most two points for each of `buckets` equal stretches of time: the smallest and the largest value, in order. */
export function envelope({ times, values }: Columns, buckets: number): Columns {
  const first = times[0] ?? 0;
  const width = ((times[times.length - 1] ?? 0) - first) / buckets || 1;
  const kept: number[] = [];
  let i = 0;
  while (i < times.length) {
    const bucket = Math.floor(((times[i] as number) - first) / width);
    let [low, high] = [i, i];
    for (; i < times.length && Math.floor(((times[i] as number) - first) / width) === bucket; i++) {
      if ((values[i] as number) < (values[low] as number)) low = i;
      if ((values[i] as number) >= (values[high] as number)) high = i;
    }
    if (low !== high) kept.push(Math.min(low, high));
    kept.push(Math.max(low, high));
  }
  return {
    times: Float64Array.from(kept, (at) => times[at] as number),
    values: Float64Array.from(kept, (at) => values[at] as number),
  };
}

/** The stretches between points that are longer than a device of this interval is ever silent, at this resolution. */
export function gapsIn(times: ArrayLike<number>, interval_ms: number, resolution_ms = 0): Gap[] {
  const longest_ms = Math.max(silenceLimit(interval_ms), resolution_ms);
  const gaps: Gap[] = [];
  for (let i = 1; i < times.length; i++) {
    const [from, to] = [times[i - 1] as number, times[i] as number];
    if (to - from > longest_ms) gaps.push({ from, to });
  }
  return gaps;
}

/** How long a device of this interval may be silent before that is told: three intervals, at least 5 s more than one. */
export function silenceLimit(interval_ms: number): number {
  return Math.max(3 * interval_ms, interval_ms + 5_000);
}

/** The usual distance between points: their median; 0 for fewer than three. */
export function usualInterval(times: ArrayLike<number>): number {
  if (times.length < 3) return 0;
  const step = Math.max(1, Math.floor(times.length / 512));
  const distances: number[] = [];
  for (let i = 1; i < times.length; i += step) distances.push((times[i] as number) - (times[i - 1] as number));
  distances.sort((a, b) => a - b);
  return distances[distances.length >> 1] ?? 0;
}
