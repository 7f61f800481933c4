import type uPlot from "uplot";
import { decimalsOf, type Numbers } from "../../format/number.ts";
import type { Times } from "../../format/time.ts";
import { type AxisUnit, axisUnit } from "../../format/unit.ts";
import type { PaintClock } from "../../paint/clock.ts";
import { onThemeChange, readColours } from "./colours.ts";
import type { ChartFeed } from "./feed.ts";
import { makePlot } from "./plot.ts";
import { type Gap, gapsIn, usualInterval } from "./points.ts";
import { type Extent, extentOf, stickyRange } from "./sentence.ts";

export interface CanvasOptions {
  feed: ChartFeed;
  window_ms: number;
  /** The stretch of the past that is shown, and the moment it is about; null: up to now. */
  past: Past | null;
  unit: string | undefined;
  numbers: Numbers;
  times: Times;
  clock: PaintClock;
  /** ms since the epoch, by the hub's clock. */
  now: () => number;
  syncKey: string;
  /** How the last value stands: fresh, or not. */
  stale: () => boolean;
  gapLabel: (gap: Gap) => string;
  onCursor: (index: number | null) => void;
  onZoom: (zoom: Zoom | null) => void;
  onPaint: () => void;
}

export interface Zoom {
  from: number;
  to: number;
}

/** A stretch of time around a moment of the past, ms since the epoch. */
export interface Past extends Zoom {
  moment: number;
}

const HEIGHT_PX = 168;
const NARROW_AFTER_MS = 10_000;

/** Draws a feed on a canvas: paints when told, follows now unless zoomed or about the past, and is made anew when the theme changes. */
export class ChartCanvas {
  readonly #target: HTMLElement;
  readonly #options: CanvasOptions;
  readonly #stops: (() => void)[] = [];
  readonly #job = (time: number) => this.#paint(time);
  #plot: uPlot | null = null;
  #range: [number, number] | null = null;
  #rangeAt = 0;
  #seen = true;
  #interval_ms = 0;
  zoom: Zoom | null = null;
  gaps: readonly Gap[] = [];

  constructor(target: HTMLElement, options: CanvasOptions) {
    this.#target = target;
    this.#options = options;
  }

  start(watch: (element: Element, callback: (visible: boolean) => void) => () => void): void {
    const resize = new ResizeObserver(() => {
      this.#plot?.setSize({ width: this.#target.clientWidth, height: HEIGHT_PX });
    });
    resize.observe(this.#target);
    this.#stops.push(
      () => resize.disconnect(),
      onThemeChange(() => this.#remake()),
      this.#options.clock.everySecond(this.#job),
      watch(this.#target, (seen) => {
        this.#seen = seen;
        if (seen) this.changed();
      }),
    );
    this.changed();
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#plot?.destroy();
    this.#plot = null;
  }

  /** There are new points, or they look different now. */
  changed(): void {
    this.#options.clock.mark(this.#job);
  }

  /** Shows a stretch of time and stays there; null follows now again. */
  zoomTo(zoom: Zoom | null): void {
    this.zoom = zoom;
    this.#range = null;
    this.#options.onZoom(zoom);
    this.changed();
  }

  /** Puts the cursor on a point, as if the pointer were there. */
  pointAt(index: number): void {
    const time = this.#options.feed.points.columns().times[index];
    if (this.#plot === null || time === undefined) return;
    const left = this.#plot.valToPos(time, "x");
    this.#plot.setCursor({ left, top: this.#plot.over.clientHeight / 2 });
  }

  /** The window on the screen, ms since the epoch. */
  windowAt(now: number): Zoom {
    return this.zoom ?? this.#options.past ?? { from: now - this.#options.window_ms, to: now };
  }

  #remake(): void {
    this.#plot?.destroy();
    this.#plot = null;
    this.changed();
  }

  #make(): uPlot {
    const options = this.#options;
    return makePlot(this.#target, {
      width: this.#target.clientWidth,
      height: HEIGHT_PX,
      colours: readColours(this.#target),
      syncKey: options.syncKey,
      tick: (time, step_ms) => options.times.tick(time, step_ms),
      number: (value, step) => this.#axisNumber(value, step),
      marks: () => this.#marks(),
      onCursor: options.onCursor,
      onZoom: (from, to) => this.zoomTo({ from, to }),
    });
  }

  /** The unit of the y axis, with the prefix that its numbers are written by. */
  axisUnit(): AxisUnit {
    const [low, high] = this.#range ?? [0, 1];
    return axisUnit(this.#options.unit ?? "", Math.max(Math.abs(low), Math.abs(high)));
  }

  #axisNumber(value: number, step: number): string {
    const { factor } = this.axisUnit();
    return this.#options.numbers.format(value / factor, decimalsOf(step / factor));
  }

  #marks() {
    const { feed, gapLabel, stale, past } = this.#options;
    const gaps = { gaps: this.gaps, label: gapLabel };
    // What was then the last point is none that waits for the next one.
    if (past !== null) return { ...gaps, staleUntil: null, last: null, moment: past.moment };
    const { times, values } = feed.points.columns();
    const at = times.length - 1;
    const last = at < 0 ? null : { time: times[at] as number, value: values[at] as number };
    return { ...gaps, staleUntil: stale() ? this.#options.now() : null, last, moment: null };
  }

  #paint(now: number): void {
    if (!this.#seen || this.#target.clientWidth === 0) return;
    const { feed, past } = this.#options;
    if (this.zoom === null && past === null) feed.trim(now);
    const columns = feed.points.columns();
    // The usual interval hardly changes; what was learned holds until there are many more points.
    this.#interval_ms = usualInterval(columns.times) || this.#interval_ms;
    this.gaps = this.#interval_ms === 0 ? [] : gapsIn(columns.times, this.#interval_ms, feed.points.resolution_ms);
    const { from, to } = this.windowAt(now);
    this.#setRange(extentOf(columns, from, to), now);
    this.#plot ??= this.#make();
    const plot = this.#plot;
    const [min, max] = this.#range ?? [0, 1];
    plot.batch(() => {
      plot.setData([columns.times, columns.values], false);
      plot.setScale("x", { min: from, max: to });
      plot.setScale("y", { min, max });
    });
    this.#options.onPaint();
  }

  /** Grows at once; shrinks at most every 10 s, so that the line does not jump. */
  #setRange(extent: Extent | null, now: number): void {
    const before = this.#range;
    const wanted = stickyRange(extent, before);
    const fits = extent !== null && before !== null && before[0] <= extent.min && before[1] >= extent.max;
    if (fits && now - this.#rangeAt < NARROW_AFTER_MS) return;
    if (before === null || wanted[0] !== before[0] || wanted[1] !== before[1]) this.#rangeAt = now;
    this.#range = extent === null && before === null ? null : wanted;
  }
}
