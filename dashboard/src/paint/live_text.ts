import { type Signal, signal } from "@preact/signals";
import type { PaintClock } from "./clock.ts";

/** What a cell follows: the number of a series, or the id of a device. */
export type Slot = number | string;

/** Something on the screen that follows one slot: writes its signals from the present state. */
export interface Cell {
  update(time: number): void;
}

/**
 * Joins slots of the state with what shows them. A slot that changed is marked; at the next paint its cells write their
 * signals. A signal whose text did not change costs nothing.
 */
export class Cells {
  readonly #clock: PaintClock;
  readonly #bySlot = new Map<Slot, Set<Cell>>();
  readonly #dirty = new Set<Cell>();
  readonly #paint = (time: number) => this.#update(time);
  /** Ages and silence change without an event. */
  readonly #tick = (time: number) => this.#updateAll(time);
  #stopTicking: (() => void) | null = null;

  constructor(clock: PaintClock) {
    this.#clock = clock;
  }

  /** Follows a slot until the returned function is called; the first update is the caller's. */
  follow(slot: Slot, cell: Cell): () => void {
    let cells = this.#bySlot.get(slot);
    if (cells === undefined) {
      cells = new Set();
      this.#bySlot.set(slot, cells);
    }
    cells.add(cell);
    this.#stopTicking ??= this.#clock.everySecond(this.#tick);
    return () => this.#leave(slot, cell);
  }

  /** The slot has changed. */
  touch(slot: Slot): void {
    const cells = this.#bySlot.get(slot);
    if (cells === undefined) return;
    for (const cell of cells) this.#dirty.add(cell);
    this.#clock.mark(this.#paint);
  }

  /** Everything has changed, and must be seen in the next frame: the link was lost or is back. */
  touchAll(): void {
    if (this.#bySlot.size > 0) this.#clock.soon(this.#tick);
  }

  #leave(slot: Slot, cell: Cell): void {
    const cells = this.#bySlot.get(slot);
    cells?.delete(cell);
    this.#dirty.delete(cell);
    if (cells?.size === 0) this.#bySlot.delete(slot);
    if (this.#bySlot.size > 0) return;
    this.#stopTicking?.();
    this.#stopTicking = null;
  }

  #update(time: number): void {
    for (const cell of this.#dirty) cell.update(time);
    this.#dirty.clear();
  }

  #updateAll(time: number): void {
    for (const cells of this.#bySlot.values()) for (const cell of cells) cell.update(time);
    this.#dirty.clear();
  }
}

/** A cell of texts: each named text is a signal that goes into JSX as it is, so a change writes one text node. */
export class TextCell<Name extends string> implements Cell {
  readonly texts: Readonly<Record<Name, Signal<string>>>;
  readonly #write: (time: number) => Readonly<Record<Name, string>>;

  constructor(write: (time: number) => Readonly<Record<Name, string>>, time: number) {
    this.#write = write;
    const first = Object.entries<string>(write(time)).map(([name, text]) => [name, signal(text)]);
    this.texts = Object.fromEntries(first);
  }

  update(time: number): void {
    const texts = this.#write(time);
    for (const name in this.texts) this.texts[name].value = texts[name];
  }
}
