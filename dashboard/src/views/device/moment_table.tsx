import { learnDecimals } from "../../format/number.ts";
import { writeValue } from "../../format/value.ts";
import type { Device } from "../../state/index.ts";
import type { MomentAnswer } from "../app/api.ts";
import { useApp, useText } from "../app/app.ts";
import { headline } from "../kit/headline.ts";
import { KeyName } from "../kit/key_name.tsx";
import { KeyTableFrame } from "./key_table_frame.tsx";

interface MomentTableProps {
  device: Device;
  moment: MomentAnswer;
  charted: readonly string[];
  onToggle: (key: string) => void;
}

/** The values that a device had at a moment, each with how old it was then; a tick draws a chart. */
export function MomentTable({ device, moment, charted, onToggle }: MomentTableProps) {
  const { times } = useApp();
  const text = useText();
  const rows = headline(Object.entries(moment.values).map(([key, told]) => ({ key, ...told })));
  if (rows.length === 0) return <p class="device__none card">{text("moment.no_values")}</p>;
  return (
    <KeyTableFrame title={text("moment.values")} age={text("moment.age")} testId="moment-values">
      {rows.map(({ key, value, time }) => (
        <tr key={key}>
          <th scope="row">
            <KeyName name={key} />
          </th>
          <td class="keys-table__value">
            <ValueThen device={device} name={key} value={value} time={time} />
          </td>
          <td class="keys-table__age number" title={times.value.exact(time)}>
            {times.value.age(time, moment.time)}
          </td>
          <td class="keys-table__chart">
            {typeof value === "number" && (
              <input
                type="checkbox"
                checked={charted.includes(key)}
                aria-label={text("device.show_chart", { key })}
                onChange={() => onToggle(key)}
              />
            )}
          </td>
        </tr>
      ))}
    </KeyTableFrame>
  );
}

interface ValueProps {
  device: Device;
  name: string;
  value: string | number | boolean;
  time: number;
}

function ValueThen({ device, name, value, time }: ValueProps) {
  const { numbers, language, decimals, times } = useApp();
  const text = useText();
  const known = device.keys.get(name);
  // As many decimals as the value of now has, so that the two can be compared.
  const learned = known === undefined ? 0 : decimals.of(known, known.value);
  const shown = writeValue(value, {
    key: name,
    decimals: typeof value === "number" ? learnDecimals(learned, value) : learned,
    unit: device.units[name],
    numbers: numbers.value,
    language: language.value,
  });
  return (
    <div class="long-value" data-kind={shown.kind} data-key={name} data-state="replaying">
      <span class="visually-hidden">{text("state.as_of", { time: times.value.exact(time) })}</span>
      <span class="value" dir="auto">
        {shown.text}
      </span>
    </div>
  );
}
