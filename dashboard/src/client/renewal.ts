/** When to sign in anew, so that a session does not end with its token. */

/** So long before the expiry, or a tenth of what is left where that is less. */
const RENEW_BEFORE_MS = 60_000;
/** A token that has hardly any time left is not asked for again at once. */
export const RENEW_AT_LEAST_MS = 5000;
/** A timer waits no longer than that; then it is looked again. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls `due` once before each expiry that it is told of. */
export class Renewal {
  readonly #now: () => number;
  readonly #due: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: { now: () => number; due: () => void }) {
    this.#now = options.now;
    this.#due = options.due;
  }

  /** The session holds until then (ms since the epoch). */
  expires(at: number): void {
    const left = at - this.#now();
    this.#wait(this.#now() + Math.max(RENEW_AT_LEAST_MS, left - Math.min(RENEW_BEFORE_MS, left / 10)));
  }

  /** Nothing is to be renewed. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(until: number): void {
    this.stop();
    const left = until - this.#now();
    if (left <= 0) this.#due();
    else this.#timer = setTimeout(() => this.#wait(until), Math.min(left, MAX_TIMER_MS));
  }
}
