/** Watches how long frames take and says when to paint less often: p95 above 33 ms for 5 s doubles the interval. */

const SLOW_FRAME_MS = 33;
const JUDGE_AFTER_MS = 5_000;
/** Fewer say nothing: a page that has just been opened has one long frame. */
const MIN_SAMPLES = 10;
const MAX_SAMPLES = 256;
const MAX_FACTOR = 4;

/** How many times longer than usual the interval between paints is now: 1, 2 or 4. */
export class FrameBudget {
  #samples_ms: number[] = [];
  #since: number | null = null;
  factor = 1;

  /** Takes the length of one painted frame that ended at `now` (both ms); gives the factor. */
  sample(length_ms: number, now: number): number {
    this.#since ??= now;
    if (this.#samples_ms.length < MAX_SAMPLES) this.#samples_ms.push(length_ms);
    if (now - this.#since >= JUDGE_AFTER_MS && this.#samples_ms.length >= MIN_SAMPLES) this.#judge(now);
    return this.factor;
  }

  /** Forgets what was measured: a tab that was hidden says nothing of its frames. */
  reset(): void {
    this.#samples_ms = [];
    this.#since = null;
  }

  #judge(now: number): void {
    const sorted = this.#samples_ms.sort((a, b) => a - b);
    const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? 0;
    this.factor = p95 > SLOW_FRAME_MS ? Math.min(MAX_FACTOR, this.factor * 2) : Math.max(1, this.factor / 2);
    this.#samples_ms = [];
    this.#since = now;
  }
}
