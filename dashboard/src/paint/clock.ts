import { FrameBudget } from "./budget.ts";

/** What the clock needs of a browser's window. */
export interface Frames {
  /** Milliseconds that only ever grow. */
  now(): number;
  /** Milliseconds since the epoch. */
  time(): number;
  requestFrame(callback: () => void): void;
  setTimer(callback: () => void, delay_ms: number): unknown;
  hidden(): boolean;
}

/** Something to do at the next paint, given the time (ms since the epoch); a job marked twice is done once. */
export type Job = (time: number) => void;

const INTERVAL_MS = 250;
const TICK_MS = 1_000;
/** A hidden tab gets no frames; what must go on there (the title's count) is done by a timer. */
const HIDDEN_DELAY_MS = 250;

/**
 * Decides when the screen changes. Two lanes: `soon` is the next frame (link, chat), `mark` is the paint clock: a lone
 * change is on the screen in one frame, more of them wait until 250 ms have passed since the last paint. Nothing runs
 * while nothing is marked, except the tick of ages once a second.
 */
export class PaintClock {
  readonly #frames: Frames;
  readonly #batch: (work: () => void) => void;
  readonly #budget = new FrameBudget();
  #soon = new Set<Job>();
  #marked = new Set<Job>();
  readonly #ticking = new Set<Job>();
  #lastPaint = Number.NEGATIVE_INFINITY;
  #frameAsked = false;
  #timerSet = false;
  #tickSet = false;
  /** Called where painting becomes slower or as usual again. */
  onSlowed: (slowed: boolean) => void = () => {};

  /** `batch` runs a function and lets the view see its changes at once, as `batch` of signals does. */
  constructor(frames: Frames, batch: (work: () => void) => void = (work) => work()) {
    this.#frames = frames;
    this.#batch = batch;
  }

  /** Milliseconds between two paints under load. */
  get interval_ms(): number {
    return INTERVAL_MS * this.#budget.factor;
  }

  /** Now lane: do it in the next frame. */
  soon(job: Job): void {
    this.#soon.add(job);
    this.#askFrame();
  }

  /** Paint clock: do it at the next paint. */
  mark(job: Job): void {
    this.#marked.add(job);
    if (this.#frameAsked || this.#timerSet) return;
    const wait_ms = this.#lastPaint + this.interval_ms - this.#frames.now();
    if (wait_ms <= 0) this.#askFrame();
    else {
      this.#timerSet = true;
      this.#frames.setTimer(() => {
        this.#timerSet = false;
        this.#askFrame();
      }, wait_ms);
    }
  }

  /** Does it once a second, with all others that tick, until the returned function is called. */
  everySecond(job: Job): () => void {
    this.#ticking.add(job);
    if (!this.#tickSet) this.#setTick();
    return () => this.#ticking.delete(job);
  }

  /** The page was hidden or is seen again: what is marked goes on with a timer, or is painted at once. */
  visibilityChanged(): void {
    this.#budget.reset();
    this.#lastPaint = Number.NEGATIVE_INFINITY;
    if (this.#marked.size > 0 || this.#soon.size > 0) this.#requestFrame();
  }

  #setTick(): void {
    this.#tickSet = true;
    this.#frames.setTimer(() => {
      this.#tickSet = false;
      if (this.#ticking.size === 0) return;
      this.#setTick();
      if (!this.#frames.hidden()) for (const job of this.#ticking) this.mark(job);
    }, TICK_MS);
  }

  #askFrame(): void {
    if (this.#frameAsked) return;
    this.#frameAsked = true;
    this.#requestFrame();
  }

  #requestFrame(): void {
    if (this.#frames.hidden()) this.#frames.setTimer(() => this.#paint(), HIDDEN_DELAY_MS);
    else this.#frames.requestFrame(() => this.#paint());
  }

  #paint(): void {
    this.#frameAsked = false;
    const now = this.#frames.now();
    const soon = this.#soon;
    this.#soon = new Set();
    let jobs: ReadonlySet<Job> = soon;
    const due = this.#marked.size > 0 && now - this.#lastPaint >= this.interval_ms - 1 && !this.#frames.hidden();
    if (due) {
      jobs = new Set([...soon, ...this.#marked]);
      this.#marked = new Set();
      this.#lastPaint = now;
    }
    const time = this.#frames.time();
    this.#batch(() => {
      for (const job of jobs) job(time);
    });
    if (due) this.#measure(now);
    this.#remark();
  }

  /** Jobs of the paint clock that were not due when a frame of the now lane ran still want theirs. */
  #remark(): void {
    const [job] = this.#marked;
    if (job !== undefined && !this.#frames.hidden()) this.mark(job);
  }

  #measure(start: number): void {
    this.#frames.requestFrame(() => {
      const now = this.#frames.now();
      const before = this.#budget.factor;
      const factor = this.#budget.sample(now - start, now);
      if (factor > 1 !== before > 1) this.onSlowed(factor > 1);
    });
  }
}

/** The browser's own frames and timers, with the time (ms since the epoch) that ages are counted by. */
export function browserFrames(time: () => number): Frames {
  return {
    now: () => performance.now(),
    time,
    requestFrame: (callback) => requestAnimationFrame(callback),
    setTimer: (callback, delay_ms) => setTimeout(callback, delay_ms),
    hidden: () => document.visibilityState === "hidden",
  };
}
