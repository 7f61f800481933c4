import { type Signal, signal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { learnDecimals } from "../../format/number.ts";
import { type App, useApp } from "../app/app.ts";
import type { WindowName } from "../device/window.ts";
import { stretchAround, WINDOWS_MS } from "../device/window.ts";
import { isKey } from "../shell/shortcuts.ts";
import { ChartCanvas, type Past } from "./canvas.ts";
import { ChartFeed } from "./feed.ts";
import { extentOf } from "./sentence.ts";

export interface ChartProps {
  device: string;
  keyName: string;
  unit: string | undefined;
  window: WindowName;
  /** A moment of the past that it is about, ms since the epoch; null: it goes on live. */
  moment: number | null;
}

/** One chart on the page: its feed, its canvas, and the texts beside it. */
export class Chart {
  readonly feed: ChartFeed;
  readonly readout: Signal<string> = signal("");
  readonly sentence: Signal<string> = signal("");
  readonly axisUnit: Signal<string> = signal("");
  readonly empty: Signal<boolean> = signal(false);
  readonly zoomed: Signal<boolean> = signal(false);
  readonly tabled: Signal<boolean> = signal(false);
  readonly #app: App;
  readonly #props: ChartProps;
  #canvas: ChartCanvas | null = null;
  #cursor: number | null = null;
  readonly #past: Past | null;
  #decimals = 0;

  constructor(app: App, props: ChartProps) {
    this.#app = app;
    this.#props = props;
    const { moment } = props;
    const window_ms = WINDOWS_MS[props.window];
    this.#past = moment === null ? null : { ...stretchAround(moment, window_ms, app.hub.time.now()), moment };
    this.feed = new ChartFeed(app.hub, {
      device: props.device,
      key: props.keyName,
      window_ms,
      past: this.#past,
      onChange: () => this.#canvas?.changed(),
    });
  }

  start(target: HTMLElement): void {
    const { numbers, times, clock, visibility, language } = this.#app;
    const text = language.peek().text;
    const at = (time: number) => times.peek().minutes(time);
    this.#canvas = new ChartCanvas(target, {
      feed: this.feed,
      window_ms: WINDOWS_MS[this.#props.window],
      past: this.#past,
      unit: this.#props.unit,
      numbers: numbers.peek(),
      times: times.peek(),
      clock,
      now: this.#app.hub.time.now,
      syncKey: this.#props.device,
      stale: () => ["stale", "offline"].includes(this.#freshness().state),
      gapLabel: ({ from, to }) => text("state.no_data", { from: at(from), to: at(to) }),
      onCursor: (index) => this.#pointed(index),
      onZoom: (zoom) => {
        this.zoomed.value = zoom !== null;
      },
      onPaint: () => this.#describe(),
    });
    this.#canvas.start((element, callback) => visibility.watch(element, callback));
    this.feed.start();
  }

  stop(): void {
    this.feed.stop();
    this.#canvas?.stop();
    this.#canvas = null;
  }

  /** Whether the cursor is on a point. */
  readonly pointed = (): boolean => this.#cursor !== null;

  readonly resetZoom = (): void => this.#canvas?.zoomTo(null);

  readonly toggleTable = (): void => {
    this.tabled.value = !this.tabled.value;
  };

  readonly onKey = (event: KeyboardEvent): void => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = this.#keys(event);
    if (act === null) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  /** Why the history could not be loaded, in the person's language where the hub's code is known. */
  failure(): string {
    const name = this.feed.failure.value;
    // It stands inside a sentence.
    return (this.#app.language.peek().textOf(`error.${name}`) ?? name).replace(/\.$/, "");
  }

  /** A value with its unit, as the chart writes it. */
  write(value: number): string {
    this.#decimals = learnDecimals(this.#decimals, value);
    return this.#app.numbers.peek().measure(value, this.#decimals, this.#props.unit);
  }

  /** The moment of a point. */
  at(time: number): string {
    return this.#app.times.peek().at(time, this.#app.hub.time.now());
  }

  #keys(event: KeyboardEvent): (() => void) | null {
    const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (step !== 0) return () => this.#step(step * (event.shiftKey ? 10 : 1));
    if (isKey(event, "t", "KeyT")) return this.toggleTable;
    if (event.key === "0" || event.key === "Escape") return this.zoomed.peek() ? this.resetZoom : null;
    return null;
  }

  #step(by: number): void {
    const { points } = this.feed;
    const from = this.#cursor ?? points.length;
    this.#canvas?.pointAt(Math.max(0, Math.min(points.length - 1, from + by)));
  }

  #pointed(index: number | null): void {
    this.#cursor = index;
    this.#readOut();
  }

  #freshness() {
    return this.#app.hub.freshness(this.#props.device, this.#props.keyName, this.#app.hub.time.now());
  }

  #readOut(): void {
    const { times, values } = this.feed.points.columns();
    const index = this.#cursor;
    const [time, value] = index === null ? [] : [times[index], values[index]];
    if (time === undefined || value === undefined) this.readout.value = "";
    else
      this.readout.value = this.#app.language
        .peek()
        .text("chart.at", { time: this.at(time), value: this.write(value) });
  }

  #describe(): void {
    const { text } = this.#app.language.peek();
    const { from, to } = this.#canvas?.windowAt(this.#app.hub.time.now()) ?? { from: 0, to: 0 };
    const extent = extentOf(this.feed.points.columns(), from, to);
    this.empty.value = extent === null && this.feed.state.peek() === "ready";
    this.#readOut();
    this.axisUnit.value = this.#canvas?.axisUnit().unit ?? "";
    if (extent === null) {
      this.sentence.value = "";
      return;
    }
    const gaps = this.#canvas?.gaps.filter((gap) => gap.to > from && gap.from < to).length ?? 0;
    const [min, max, last] = [extent.min, extent.max, extent.last].map((value) => this.write(value));
    const range = text(this.#past === null ? "chart.sentence" : "chart.sentence_then", {
      min: min ?? "",
      max: max ?? "",
      last: last ?? "",
    });
    this.sentence.value = gaps > 0 ? `${range}, ${text("chart.gaps", { n: gaps })}` : range;
  }
}

/** The chart of a component's target, from mount to unmount. */
export function useChart(props: ChartProps, target: RefObject<HTMLDivElement>): Chart {
  const app = useApp();
  const { device, keyName, unit, window, moment } = props;
  const chart = useMemo(
    () => new Chart(app, { device, keyName, unit, window, moment }),
    [app, device, keyName, unit, window, moment],
  );
  useEffect(() => {
    if (target.current === null) return;
    chart.start(target.current);
    return () => chart.stop();
  }, [chart, target]);
  return chart;
}
