import type { Device } from "../../state/index.ts";
import { useText } from "../app/app.ts";
import { LiveChart } from "../charts/live_chart.tsx";
import { Boundary } from "../kit/boundary.tsx";
import { Segmented } from "../kit/segmented.tsx";
import { WINDOWS_MS, type WindowName } from "./window.ts";

interface DeviceChartsProps {
  device: Device;
  charted: readonly string[];
  window: WindowName;
  /** A moment of the past, ms since the epoch; null: now. */
  moment: number | null;
  onWindow: (window: WindowName) => void;
}

const NAMES = Object.keys(WINDOWS_MS) as WindowName[];

/** A chart for each chosen key, all over the same window, with one cursor. */
export function DeviceCharts({ device, charted, window, moment, onWindow }: DeviceChartsProps) {
  const text = useText();
  const numbers = [...device.keys.values()].some(({ value }) => typeof value === "number");
  return (
    <section class="device__charts" aria-label={text("device.charts")}>
      <div class="device__window">
        <h2>{text("device.charts")}</h2>
        <Segmented
          label={text("device.window")}
          options={NAMES.map((name) => [name, text(`window.${name}`)] as const)}
          value={window}
          onChange={onWindow}
        />
      </div>
      {charted.length === 0 && <p class="device__none">{text(numbers ? "device.no_chart" : "device.no_numbers")}</p>}
      {charted.map((key) => (
        <Boundary
          key={`${key} ${window} ${moment}`}
          fallback={(error) => <p class="device__none">{text("app.part_failed", { reason: error.message })}</p>}
        >
          <LiveChart device={device.id} keyName={key} unit={device.units[key]} window={window} moment={moment} />
        </Boundary>
      ))}
    </section>
  );
}
