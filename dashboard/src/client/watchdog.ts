/** Two ways to see that a link is dead though its socket is not: silence, and a position that stands still. */

const HEARTBEAT_MS = 25_000;
const SLACK_MS = 10_000;
const SILENCE_MS = HEARTBEAT_MS + SLACK_MS;
const STALL_LAG_MS = 1000;

/** Calls `expired` when no frame has come for a heartbeat and its slack; judged by arrival times, never by a late timer. */
export class Watchdog {
  readonly #now: () => number;
  readonly #lastFrameAt: () => number;
  readonly #expired: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = 0;

  constructor(options: { now: () => number; lastFrameAt: () => number; expired: () => void }) {
    this.#now = options.now;
    this.#lastFrameAt = options.lastFrameAt;
    this.#expired = options.expired;
  }

  start(): void {
    this.stop();
    this.#arm(SILENCE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #arm(delayMs: number): void {
    this.#due = this.#now() + delayMs;
    this.#timer = setTimeout(() => this.#judge(), delayMs);
  }

  #judge(): void {
    const now = this.#now();
    const silentMs = now - this.#lastFrameAt();
    if (silentMs < SILENCE_MS) this.#arm(SILENCE_MS - silentMs);
    // The page was frozen or the machine slept: frames that did arrive may wait in line behind this very timer.
    else if (now - this.#due >= SLACK_MS) this.#arm(SLACK_MS);
    else this.#expired();
  }
}

/** Compares each heartbeat with the one before: a position that stands still while the lag grows is a dead subscription. */
export class StallDetector {
  #position: string | null = null;
  #lagMs = 0;

  /** Takes a heartbeat and says whether the subscription has stalled since the one before. */
  observe(position: string, lagMs: number): boolean {
    const stalled = position === this.#position && lagMs > this.#lagMs && lagMs >= STALL_LAG_MS;
    this.#position = position;
    this.#lagMs = lagMs;
    return stalled;
  }

  /** Forgets the heartbeats of a link that is gone. */
  reset(): void {
    this.#position = null;
    this.#lagMs = 0;
  }
}
