import type uPlot from "uplot";
import type { ChartColours } from "./colours.ts";
import type { Gap } from "./points.ts";

const HATCH_STEP_PX = 8;
const DOT_PX = 2.5;

/** What is drawn beside the line: stretches without data, and how long the last value has been standing. */
export interface Marks {
  gaps: readonly Gap[];
  label(gap: Gap): string;
  /** The last value is not fresh: it is drawn dotted up to this time (ms); null where it is. */
  staleUntil: number | null;
  last: { time: number; value: number } | null;
  /** The moment that the chart is about (ms); null where it goes on live. */
  moment: number | null;
}

/**
 * Hatches gaps at 45° with their times, puts a dot on the last point, without which a first one would not be seen, and
 * draws a dotted line from it to now where it is stale. A moment of the past is an upright line.
 */
export function drawMarks(plot: uPlot, marks: Marks, colours: ChartColours): void {
  const { ctx } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
  ctx.clip();
  for (const gap of marks.gaps) hatch(plot, gap, marks.label(gap), colours.gap);
  if (marks.staleUntil !== null && marks.last !== null) dotted(plot, marks.last, marks.staleUntil, colours.stale);
  if (marks.moment !== null) upright(plot, marks.moment, colours.moment);
  if (marks.last !== null) dot(plot, marks.last, marks.staleUntil === null ? colours.line : colours.stale);
  ctx.restore();
}

function upright(plot: uPlot, moment: number, colour: string): void {
  const { ctx, bbox } = plot;
  const x = plot.valToPos(moment, "x", true);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.setLineDash([]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
}

function dot(plot: uPlot, { time, value }: { time: number; value: number }, colour: string): void {
  const { ctx } = plot;
  ctx.setLineDash([]);
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.arc(plot.valToPos(time, "x", true), plot.valToPos(value, "y", true), DOT_PX * devicePixelRatio, 0, 2 * Math.PI);
  ctx.fill();
}

function hatch(plot: uPlot, gap: Gap, label: string, colour: string): void {
  const { ctx, bbox } = plot;
  const from = Math.max(plot.valToPos(gap.from, "x", true), bbox.left);
  const to = Math.min(plot.valToPos(gap.to, "x", true), bbox.left + bbox.width);
  const width = to - from;
  if (width < 2) return;
  ctx.save();
  ctx.beginPath();
  ctx.rect(from, bbox.top, width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.35;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  for (let x = from - bbox.height; x < to; x += HATCH_STEP_PX * devicePixelRatio) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
  ctx.font = `${12 * devicePixelRatio}px system-ui, sans-serif`;
  if (ctx.measureText(label).width > width - 8 * devicePixelRatio) return;
  ctx.fillStyle = colour;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  ctx.fillText(label, from + width / 2, bbox.top + 6 * devicePixelRatio);
}

function dotted(plot: uPlot, last: { time: number; value: number }, until: number, colour: string): void {
  const { ctx } = plot;
  const y = plot.valToPos(last.value, "y", true);
  ctx.strokeStyle = colour;
  ctx.lineWidth = 2 * devicePixelRatio;
  ctx.setLineDash([2 * devicePixelRatio, 4 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(plot.valToPos(last.time, "x", true), y);
  ctx.lineTo(plot.valToPos(until, "x", true), y);
  ctx.stroke();
}
