import { ChartLine, RotateCcw, Table2 } from "lucide-preact";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { useApp, useText } from "../app/app.ts";
import { ChartTable } from "./chart_table.tsx";
import { type Chart, type ChartProps, useChart } from "./use_chart.ts";
import "./charts.css";

/** A chart that starts from history and goes on live, or stands at a moment of the past: plot, sentence, keys and a table of the same values. */
export function LiveChart(props: ChartProps) {
  const text = useText();
  const target = useRef<HTMLDivElement>(null);
  const chart = useChart(props, target);
  const tabled = chart.tabled.value;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a group of plot, words and buttons is no fieldset
    <div
      class="chart card"
      role="group"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys read the values of a chart
      tabIndex={0}
      aria-label={useChartName(props)}
      aria-description={text("chart.keys")}
      data-chart={props.keyName}
      data-state={chart.feed.state}
      onKeyDown={chart.onKey}
    >
      <header class="chart__header">
        <h3 class="chart__title">
          {props.keyName}
          <span class="chart__unit">{chart.axisUnit}</span>
        </h3>
        <span class="chart__readout number">{chart.readout}</span>
        <span class="chart__tools">
          {chart.zoomed.value && (
            <button type="button" class="button button--quiet" onClick={chart.resetZoom}>
              <RotateCcw size={14} aria-hidden="true" /> {text("chart.reset")}
            </button>
          )}
          <button
            type="button"
            class="button button--quiet button--icon"
            aria-pressed={tabled}
            aria-label={text(tabled ? "chart.plot" : "chart.table")}
            title={text(tabled ? "chart.plot" : "chart.table")}
            onClick={chart.toggleTable}
          >
            {tabled ? <ChartLine size={16} aria-hidden="true" /> : <Table2 size={16} aria-hidden="true" />}
          </button>
        </span>
      </header>
      <div class="chart__body">
        <div ref={target} class="chart__plot" aria-hidden="true" hidden={tabled} />
        {tabled && <ChartTable chart={chart} />}
        <ChartNote chart={chart} />
      </div>
      <p class="chart__sentence">{chart.sentence}</p>
      <SpokenCursor chart={chart} target={target} />
    </div>
  );
}

function useChartName({ keyName: key, window, moment }: ChartProps): string {
  const { times, hub } = useApp();
  const text = useText();
  const around = { key, window: text(`window.${window}`) };
  if (moment === null) return text("chart.name", around);
  return text("chart.name_then", { ...around, time: times.value.at(moment, hub.time.now()) });
}

/** What lies over the plot while there is nothing to draw. */
function ChartNote({ chart }: { chart: Chart }) {
  const text = useText();
  const state = chart.feed.state.value;
  if (state === "failed") {
    return (
      <div class="chart__note chart__note--failed" role="status">
        <span>{text("error.load", { reason: chart.failure() })}</span>
        <button type="button" class="button" onClick={() => void chart.feed.load()}>
          {text("app.retry")}
        </button>
      </div>
    );
  }
  if (state === "loading") return <div class="chart__note skeleton-text">{text("chart.loading")}</div>;
  if (chart.empty.value) return <div class="chart__note">{text("chart.empty")}</div>;
  return null;
}

/** Tells the value under the cursor to those who move it by keys, at most twice a second. */
function SpokenCursor({ chart, target }: { chart: Chart; target: RefObject<HTMLDivElement> }) {
  const spoken = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = chart.readout.subscribe((sentence) => {
      clearTimeout(timer);
      const focused = target.current?.parentElement?.parentElement === document.activeElement;
      if (!focused || !chart.pointed()) return;
      timer = setTimeout(() => {
        if (spoken.current !== null) spoken.current.textContent = sentence;
      }, 500);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [chart, target]);
  return <p ref={spoken} class="visually-hidden" aria-live="polite" />;
}
