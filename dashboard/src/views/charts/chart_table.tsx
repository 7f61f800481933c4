import { useText } from "../app/app.ts";
import type { Chart } from "./use_chart.ts";

const MAX_ROWS = 200;

/** The newest 200 values of a chart as a table; it stands still, so that it can be read. */
export function ChartTable({ chart }: { chart: Chart }) {
  const text = useText();
  const { times, values } = chart.feed.points.columns();
  const rows: { time: number; value: number }[] = [];
  for (let i = times.length - 1; i >= Math.max(0, times.length - MAX_ROWS); i--) {
    rows.push({ time: times[i] as number, value: values[i] as number });
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section class="chart__table" tabIndex={0} aria-label={text("chart.table")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{text("chart.time")}</th>
            <th scope="col">{text("device.value")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ time, value }) => (
            <tr key={time}>
              <td>
                <time dateTime={new Date(time).toISOString()}>{chart.at(time)}</time>
              </td>
              <td class="number">{chart.write(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
