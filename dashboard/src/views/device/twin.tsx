import { useEffect, useState } from "preact/hooks";
import type { Scalar } from "../../client/index.ts";
import { writeValue } from "../../format/value.ts";
import {
  type Device,
  NO_TWIN,
  readTwin,
  type Twin,
  type TwinRow,
  takeTwin,
  twinRows,
  typedValue,
} from "../../state/index.ts";
import { useApp, useText } from "../app/app.ts";
import { useRefusal } from "../chat/use_refusal.ts";
import { KeyName } from "../kit/key_name.tsx";
import { LongValue } from "../kit/reading.tsx";
import { changeTwin } from "./twin_api.ts";
import "./twin.css";

const MAX_KEY_CHARS = 256;

/** The twin of a device as it comes. */
function useTwin(level: string) {
  const { hub } = useApp();
  const [twin, setTwin] = useState<Twin>(NO_TWIN);
  useEffect(() => {
    setTwin(NO_TWIN);
    const live = hub.connection.subscribe(
      [`twin/${level}`],
      { events: (events) => setTwin((before) => events.map(({ data }) => readTwin(data)).reduce(takeTwin, before)) },
      { snapshot: true },
    );
    return () => live.close();
  }, [hub, level]);
  return twin;
}

/** What is desired of a device beside what it reports, and the difference; operators change what is desired. */
export function TwinPanel({ device }: { device: Device }) {
  const { session } = useApp();
  const text = useText();
  const twin = useTwin(device.level);
  const [refused, attempt] = useRefusal();
  const [form, setForm] = useState({ key: "", value: "" });
  const rows = twinRows(twin);
  const operates = session.me.value?.role !== "viewer";
  if (!operates && rows.length === 0) return null;
  const want = (key: string, value: Scalar | null) =>
    attempt(() => changeTwin(device.level, { [key]: value }, twin.version));
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const wanted = typedValue(form.value);
    const done = await want(form.key.trim(), (typeof wanted === "object" ? form.value : (wanted ?? "")) as Scalar);
    if (done) setForm({ key: "", value: "" });
  };
  return (
    <section class="twin card" aria-label={text("twin.title")} data-testid="twin">
      <h3>{text("twin.title")}</h3>
      {rows.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">{text("device.key")}</th>
              <th scope="col">{text("twin.desired")}</th>
              <th scope="col">{text("twin.reported")}</th>
              <th scope="col">{text("twin.state")}</th>
              {operates && <td />}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row
                key={row.key}
                device={device}
                row={row}
                operates={operates}
                onEdit={() => setForm({ key: row.key, value: String(row.desired) })}
                onRemove={() => void want(row.key, null)}
              />
            ))}
          </tbody>
        </table>
      )}
      {operates && (
        <form class="twin__want" onSubmit={submit}>
          <input
            class="input"
            aria-label={text("device.key")}
            placeholder={text("device.key")}
            list="twin-keys"
            value={form.key}
            maxLength={MAX_KEY_CHARS}
            required
            data-testid="twin-key"
            onInput={(event) => setForm({ ...form, key: event.currentTarget.value })}
          />
          <datalist id="twin-keys">
            {[...device.keys.keys()].map((key) => (
              <option key={key} value={key} />
            ))}
          </datalist>
          <input
            class="input"
            aria-label={text("twin.desired")}
            placeholder={text("twin.desired")}
            value={form.value}
            required
            data-testid="twin-value"
            onInput={(event) => setForm({ ...form, value: event.currentTarget.value })}
          />
          <button type="submit" class="button" data-testid="twin-want">
            {text("twin.want")}
          </button>
        </form>
      )}
      {refused !== "" && (
        <p class="notice notice--error" role="alert">
          {refused}
        </p>
      )}
    </section>
  );
}

/** As many decimals as a number has: what somebody has set is shown as it was set. */
const decimalsOf = (value: Scalar | null) => String(value).split(".")[1]?.length ?? 0;

interface RowProps {
  device: Device;
  row: TwinRow;
  operates: boolean;
  onEdit: () => void;
  onRemove: () => void;
}

function Row({ device, row, operates, onEdit, onRemove }: RowProps) {
  const { language, numbers, times, hub } = useApp();
  const text = useText();
  const live = device.keys.get(row.key);
  const write = (value: Scalar | null) =>
    writeValue(value, {
      key: row.key,
      decimals: decimalsOf(value),
      unit: device.units[row.key],
      numbers: numbers.value,
      language: language.value,
    }).text;
  const apart = row.apart === null ? null : times.value.at(row.apart, hub.time.now());
  return (
    <tr data-twin={row.key} data-apart={apart !== null}>
      <th scope="row">
        <KeyName name={row.key} />
      </th>
      <td>{write(row.desired)}</td>
      <td>{live === undefined ? write(row.reported) : <LongValue device={device} value={live} />}</td>
      <td class="twin__state">
        {apart === null
          ? text("twin.same")
          : text(row.reported === null ? "twin.silent" : "twin.apart", { time: apart })}
      </td>
      {operates && (
        <td class="twin__buttons">
          <button type="button" class="button button--link" onClick={onEdit}>
            {text("twin.change")}
          </button>
          <button type="button" class="button button--link" data-testid="twin-remove" onClick={onRemove}>
            {text("twin.remove")}
          </button>
        </td>
      )}
    </tr>
  );
}
