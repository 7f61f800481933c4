/** The last rows of a chart. Each is written twice, half a buffer apart, so that all of them are always one view. */

export class Ring {
  readonly capacity: number;
  readonly #columns: readonly Float64Array<ArrayBuffer>[];
  #next = 0;
  #length = 0;

  /** `columns` numbers a row (the first usually the time); at most `capacity` rows, then the oldest go. */
  constructor(columns: number, capacity: number) {
    this.capacity = capacity;
    this.#columns = Array.from({ length: columns }, () => new Float64Array(2 * capacity));
  }

  get length(): number {
    return this.#length;
  }

  /** Adds a row; a number that is left out is NaN. */
  push(...row: number[]): void {
    for (const [i, column] of this.#columns.entries()) {
      const value = row[i] ?? Number.NaN;
      column[this.#next] = value;
      column[this.#next + this.capacity] = value;
    }
    this.#next = (this.#next + 1) % this.capacity;
    this.#length = Math.min(this.#length + 1, this.capacity);
  }

  /** All rows, oldest first, as one view a column: no copy, so good until the next change. */
  columns(): Float64Array<ArrayBuffer>[] {
    const end = this.#next + this.capacity;
    return this.#columns.map((column) => column.subarray(end - this.#length, end));
  }

  /** Puts other rows in place of all: the last `capacity` of columns of equal length. */
  replace(columns: readonly ArrayLike<number>[]): void {
    this.#next = 0;
    this.#length = 0;
    const rows = columns[0]?.length ?? 0;
    for (let i = Math.max(0, rows - this.capacity); i < rows; i++) {
      this.push(...columns.map((column) => column[i] ?? Number.NaN));
    }
  }
}
