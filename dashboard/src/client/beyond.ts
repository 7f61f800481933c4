/** What a subscription has got of events that lie after the position of its connection. */

/**
 * A frame that is a part (docs/protocol.md) says less than it has: its events come again from a recovery that begins at
 * its position. They are counted, so that as many are passed over then. Merged events can't be counted; they may come again.
 */
export class Beyond {
  #given = 0;
  #passed = 0;
  #counted = true;

  /** The position has moved on: nothing lies after it. */
  settle(): void {
    this.#given = 0;
    this.#passed = 0;
    this.#counted = true;
  }

  /** What comes next begins at the position. */
  rewind(): void {
    this.#passed = 0;
  }

  /** What was got is not known to be the first after the position, until it moves. */
  uncount(): void {
    this.#counted = false;
  }

  /** Those of the next events that were not given before. */
  fresh<Event>(events: Event[]): Event[] {
    if (!this.#counted) {
      this.#given = 0;
      return events;
    }
    const known = Math.max(0, this.#given - this.#passed);
    this.#passed += events.length;
    this.#given = Math.max(this.#given, this.#passed);
    return known === 0 ? events : events.slice(known);
  }
}
