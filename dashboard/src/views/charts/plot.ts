import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { ChartColours } from "./colours.ts";
import { drawMarks, type Marks } from "./marks.ts";
import type { Gap } from "./points.ts";

export interface PlotOptions {
  width: number;
  height: number;
  colours: ChartColours;
  /** One name for all charts of the page: their cursors go together. */
  syncKey: string;
  tick: (time: number, step_ms: number) => string;
  /** A tick of the y axis, and how far it is from the next. */
  number: (value: number, step: number) => string;
  marks: () => Marks;
  onCursor: (index: number | null) => void;
  onZoom: (from: number, to: number) => void;
}

const AXIS_FONT = "12px system-ui, sans-serif";
const AXIS_GAP_PX = 6;

/** Pixel stretches where the line is broken; uPlot asks for them when it makes the path. */
function brokenAt(plot: uPlot, gaps: readonly Gap[]): [number, number][] {
  return gaps.map(({ from, to }) => [
    Math.round(plot.valToPos(from, "x", true)),
    Math.round(plot.valToPos(to, "x", true)),
  ]);
}

function axes({ colours, tick, number }: PlotOptions): uPlot.Axis[] {
  const common = { stroke: colours.ink, font: AXIS_FONT, gap: AXIS_GAP_PX, ticks: { show: false } };
  return [
    {
      ...common,
      space: 90,
      size: 28,
      grid: { show: false },
      values: (_plot, splits, _axis, _space, step) => splits.map((time) => tick(time, step)),
    },
    {
      ...common,
      space: 36,
      size: (_plot, values) => 16 + 7 * Math.max(3, ...(values ?? []).map((text) => text.length)),
      grid: { stroke: colours.grid, width: 1 },
      values: (_plot, splits, _axis, _space, step) => splits.map((value) => number(value, step)),
    },
  ];
}

/** A chart of one line without points or legend; x in ms, its window and y range are set by the caller. */
export function makePlot(target: HTMLElement, options: PlotOptions): uPlot {
  const { colours } = options;
  return new uPlot(
    {
      ms: 1,
      width: options.width,
      height: options.height,
      padding: [8, 12, 0, 0],
      legend: { show: false },
      cursor: {
        sync: { key: options.syncKey },
        points: { size: 8, fill: colours.line },
        drag: { x: true, y: false, setScale: false },
        focus: { prox: -1 },
      },
      scales: { x: { time: true, auto: false }, y: { auto: false } },
      axes: axes(options),
      series: [
        {},
        {
          stroke: colours.line,
          width: 1.5,
          fill: colours.fill,
          fillTo: (plot) => plot.scales.y?.min ?? 0,
          spanGaps: false,
          points: { show: false },
          gaps: (plot) => brokenAt(plot, options.marks().gaps),
        },
      ],
      hooks: {
        draw: [(plot) => drawMarks(plot, options.marks(), colours)],
        setCursor: [
          (plot) =>
            options.onCursor(
              plot.cursor.left !== undefined && plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null,
            ),
        ],
        setSelect: [(plot) => selected(plot, options.onZoom)],
      },
    },
    [[], []],
    target,
  );
}

function selected(plot: uPlot, onZoom: PlotOptions["onZoom"]): void {
  const { left, width } = plot.select;
  if (width < 4) return;
  onZoom(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
