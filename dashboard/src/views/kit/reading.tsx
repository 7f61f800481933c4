import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import { type Written, writeValue } from "../../format/value.ts";
import type { Device, KeyValue } from "../../state/index.ts";
import { type App, useApp, useText } from "../app/app.ts";
import { headline } from "./headline.ts";
import { shortNames } from "./short_name.ts";
import { StateMark } from "./state_mark.tsx";
import { useCell } from "./use_cell.ts";
import "./reading.css";

/** Three lines of the narrowest column. */
const LONG_CHARS = 64;

/** The value of a key as it is shown now. */
function writeNow(app: App, device: Device, value: KeyValue): Written {
  const now = value.value;
  const { numbers, language, decimals } = app;
  const how = { key: value.key, decimals: decimals.of(value, now), unit: device.units[value.key] };
  return writeValue(now, { ...how, numbers: numbers.peek(), language: language.peek() });
}

/** What a reading writes: text, state, reason, and the words that say how old it is. */
function writeReading(app: App, device: Device, value: KeyValue, time: number) {
  const { state, reason = "" } = app.hub.freshness(device.id, value.key, time);
  return {
    ...writeNow(app, device, value),
    state,
    reason,
    why: stateWords(app, value, { state, reason, time, usualMs: device.usualMs(value) }),
  };
}

interface StateOfValue {
  state: string;
  reason: string;
  time: number;
  /** How often the value comes; null: unknown. */
  usualMs: number | null;
}

function stateWords(app: App, value: KeyValue, how: StateOfValue): string {
  const { text } = app.language.peek();
  const times = app.times.peek();
  const age = () => times.age(value.seen, how.time);
  if (how.state === "none") return text("state.no_value_yet");
  if (how.reason === "link") return text("state.as_of", { time: times.at(value.seen, how.time) });
  if (how.state === "offline") return text("state.spoken_offline", { age: age() });
  if (how.state !== "stale") return "";
  if (how.usualMs === null) return text("state.spoken_stale", { age: age() });
  return text("state.silent_long", { age: age(), interval: times.interval(how.usualMs) });
}

/** A key and its value in one line, as a row of the device list has several; its title has the whole key. */
function Reading({ device, value, name }: { device: Device; value: KeyValue; name: string }) {
  const app = useApp();
  const cell = useCell(value.slot, (time) => {
    const reading = writeReading(app, device, value, time);
    return { ...reading, title: [value.key, reading.text, reading.why].filter(Boolean).join(" · ") };
  });
  return (
    <span class="reading" data-kind={cell.kind} title={cell.title}>
      <span class="reading__key">{name}</span>
      <span class="reading__value" data-key={value.key} data-state={cell.state} data-reason={cell.reason}>
        <span class="value" dir="auto">
          {cell.text}
        </span>
        <span class="visually-hidden">{cell.why}</span>
      </span>
    </span>
  );
}

/** The first readings of a device, those that say most. */
export function Readings({ device, most }: { device: Device; most: number }) {
  const names = shortNames(device.keys.keys());
  return headline(device.keys.values())
    .slice(0, most)
    .map((value) => <Reading key={value.key} device={device} value={value} name={names.get(value.key) ?? value.key} />);
}

/** The value of a key in a cell of its own, cut where it is long, with its state. */
export function LongValue({ device, value }: { device: Device; value: KeyValue }) {
  const app = useApp();
  const text = useText();
  const open = useSignal(false);
  const cell = useCell(value.slot, (time) => writeReading(app, device, value, time));
  const shown = useComputed(() =>
    open.value || cell.text.value.length <= LONG_CHARS ? cell.text.value : `${cell.text.value.slice(0, LONG_CHARS)}…`,
  );
  const long = useComputed(() => cell.text.value.length > LONG_CHARS);
  return (
    <div
      class="long-value"
      data-kind={cell.kind}
      data-key={value.key}
      data-state={cell.state}
      data-reason={cell.reason}
    >
      <Shape state={cell.state.value} why={cell.why} />
      <span class="value" dir="auto">
        {shown}
      </span>
      {long.value && (
        <button type="button" class="button button--link" onClick={() => (open.value = !open.value)}>
          {text(open.value ? "state.show_less" : "state.show_all")}
        </button>
      )}
    </div>
  );
}

/** The shape of a state that is not live; its words are spoken here and shown beside. */
function Shape({ state, why }: { state: string; why: ReadonlySignal<string> }) {
  if (state === "live" || state === "none") return null;
  return <StateMark state={state} word={why} quiet />;
}
