import type { Device, KeyValue } from "../../state/index.ts";
import { type App, useApp, useText } from "../app/app.ts";
import { headline } from "../kit/headline.ts";
import { KeyName } from "../kit/key_name.tsx";
import { LongValue } from "../kit/reading.tsx";
import { useCell } from "../kit/use_cell.ts";
import { KeyTableFrame } from "./key_table_frame.tsx";

const CLOCK_DIFFERS_MS = 2_000;

interface KeyTableProps {
  device: Device;
  charted: readonly string[];
  onToggle: (key: string) => void;
}

/** All keys of a device with value, unit and age; a tick draws a chart. */
export function KeyTable({ device, charted, onToggle }: KeyTableProps) {
  const text = useText();
  if (device.keys.size === 0) return <p class="device__none card">{text("device.no_keys")}</p>;
  return (
    <KeyTableFrame title={text("device.values")} age={text("device.age")}>
      {headline(device.keys.values()).map((value) => (
        <KeyRow
          key={value.key}
          device={device}
          value={value}
          charted={charted.includes(value.key)}
          onToggle={() => onToggle(value.key)}
        />
      ))}
    </KeyTableFrame>
  );
}

function writeAge(app: App, device: Device, value: KeyValue, time: number) {
  const times = app.times.peek();
  const { text } = app.language.peek();
  const { reason } = app.hub.freshness(device.id, value.key, time);
  const off_ms = value.time - value.seen;
  const differs = Math.abs(off_ms) > CLOCK_DIFFERS_MS;
  const ageWords = () => {
    if (value.value === null) return "–";
    if (reason === "link") return text("state.as_of", { time: times.at(value.seen, time) });
    const age = times.age(value.seen, time);
    const usual_ms = device.usualMs(value);
    if (reason !== "silent" || usual_ms === null) return age;
    return text("state.silent_short", { age, interval: times.interval(usual_ms) });
  };
  return {
    age: ageWords(),
    clock: differs ? text("device.clock_differs", { duration: times.interval(Math.abs(off_ms)) }) : "",
    kind: typeof value.value,
  };
}

interface KeyRowProps {
  device: Device;
  value: KeyValue;
  charted: boolean;
  onToggle: () => void;
}

function KeyRow({ device, value, charted, onToggle }: KeyRowProps) {
  const app = useApp();
  const text = useText();
  const cell = useCell(value.slot, (time) => writeAge(app, device, value, time));
  return (
    <tr>
      <th scope="row">
        <KeyName name={value.key} />
      </th>
      <td class="keys-table__value">
        <LongValue device={device} value={value} />
      </td>
      <td class="keys-table__age number">
        {cell.age} <span class="keys-table__clock">{cell.clock}</span>
      </td>
      <td class="keys-table__chart">
        {cell.kind.value === "number" && (
          <input
            type="checkbox"
            checked={charted}
            aria-label={text("device.show_chart", { key: value.key })}
            onChange={onToggle}
          />
        )}
      </td>
    </tr>
  );
}
