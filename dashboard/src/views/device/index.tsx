import { CircleHelp } from "lucide-preact";
import { useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Device } from "../../state/index.ts";
import { useApp, useText, useTitle } from "../app/app.ts";
import { devicePath } from "../devices/paths.ts";
import { EmptyState } from "../kit/empty_state.tsx";
import { headline } from "../kit/headline.ts";
import { useCell } from "../kit/use_cell.ts";
import { Commands } from "./commands.tsx";
import { DeviceCharts } from "./device_charts.tsx";
import { DeviceHeader } from "./device_header.tsx";
import { KeyTable } from "./key_table.tsx";
import { MomentBar } from "./moment_bar.tsx";
import { MomentTable } from "./moment_table.tsx";
import { TwinPanel } from "./twin.tsx";
import { useMoment } from "./use_moment.ts";
import { type DeviceView, formatView, parseView } from "./window.ts";
import "./device.css";

const FIRST_CHARTS = 4;

/** One device: what it is, its values now or at a moment of the past, and charts of those that are numbers. */
export default function DevicePage({ device: id }: { device: string }) {
  const { hub } = useApp();
  const text = useText();
  // The device may come to be, or get its name, while the page is open.
  void hub.fleet.value;
  const device = hub.devices.get(id);
  useTitle(device?.name ?? id);
  if (device !== undefined) return <KnownDevice key={id} device={device} />;
  if (!hub.loaded.value)
    return <div class="skeleton device__skeleton" role="status" aria-label={text("app.loading")} />;
  return (
    <EmptyState icon={CircleHelp} title={text("device.unknown")}>
      <p>{text("device.unknown_why", { device: id })}</p>
      <a class="button" href="/devices">
        {text("device.back")}
      </a>
    </EmptyState>
  );
}

/** The first keys that are numbers, where none were chosen. */
function firstNumbers(device: Device): string[] {
  const numbers = [...device.keys.values()].filter(({ value }) => typeof value === "number");
  return headline(numbers)
    .slice(0, FIRST_CHARTS)
    .map(({ key }) => key);
}

function KnownDevice({ device }: { device: Device }) {
  const location = useLocation();
  const view = parseView(location.query);
  const count = useCell(device.id, () => ({ keys: String(device.keys.size) })).keys.value;
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new key may be one of the first
  const first = useMemo(() => firstNumbers(device), [device, count]);
  const charted = view.keys ?? first;
  const moment = useMoment(device.id, view.at);
  const pathOf = (next: DeviceView) => devicePath(device.id) + formatView(next);
  const show = (next: DeviceView) => location.route(pathOf(next), true);
  const toggle = (key: string) => {
    const keys = charted.includes(key) ? charted.filter((one) => one !== key) : [...charted, key];
    show({ ...view, keys });
  };
  return (
    <div class="device" data-moment={moment?.state}>
      <div class="device__top">
        <DeviceHeader device={device} />
        {moment !== null && <MomentBar moment={moment} live={pathOf({ ...view, at: null })} />}
      </div>
      <div class="device__side">
        {moment?.state === "ready" ? (
          <MomentTable device={device} moment={moment} charted={charted} onToggle={toggle} />
        ) : (
          moment === null && <KeyTable device={device} charted={charted} onToggle={toggle} />
        )}
        <Commands device={device} />
      </div>
      {(moment === null || moment.state === "ready") && (
        <DeviceCharts
          device={device}
          charted={charted}
          window={view.window}
          moment={moment?.time ?? null}
          onWindow={(window) => show({ ...view, window })}
        />
      )}
      <TwinPanel device={device} />
    </div>
  );
}
