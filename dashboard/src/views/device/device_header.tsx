import { ChevronLeft } from "lucide-preact";
import type { Device } from "../../state/index.ts";
import { type App, useApp, useText } from "../app/app.ts";
import { StateMark } from "../kit/state_mark.tsx";
import { useCell } from "../kit/use_cell.ts";
import { DeviceParts } from "./device_parts.tsx";
import { EditButton } from "./edit_button.tsx";
import { ShareButton } from "./share_button.tsx";

const MAX_ATTRIBUTE_CHARS = 80;

function writeHeader(app: App, device: Device, time: number) {
  const { state, reason = "" } = app.hub.deviceFreshness(device, time);
  const { text } = app.language.peek();
  const times = app.times.peek();
  const { connectivity, lastSeen, intervalMs } = device;
  const since = connectivity === null ? "" : times.at(connectivity.time, time);
  const asOf = () => text("state.as_of", { time: times.at(app.hub.link.peek().since, time) });
  return {
    state,
    reason,
    connectivity: connectivity?.state ?? "unknown",
    since:
      reason === "link"
        ? asOf()
        : connectivity?.state === "offline"
          ? text("state.offline_since", { time: since })
          : "",
    seen: lastSeen === null ? "–" : times.age(lastSeen, time),
    interval: intervalMs === null ? "–" : times.interval(intervalMs),
  };
}

/** What the device is, whether it is reachable, and when it last spoke. */
export function DeviceHeader({ device }: { device: Device }) {
  const app = useApp();
  const text = useText();
  // Names, tags and notes may change while the page is open.
  void app.hub.fleet.value;
  const cell = useCell(device.id, (time) => writeHeader(app, device, time));
  const attributes = Object.entries(device.attributes).filter(
    ([name, value]) => name !== "name" && ["string", "number", "boolean"].includes(typeof value) && value !== "",
  );
  return (
    <header
      class="device__header card"
      data-device={device.id}
      data-state={cell.state}
      data-reason={cell.reason}
      data-connectivity={cell.connectivity}
    >
      <div class="device__title">
        <a class="device__back" href="/devices" aria-label={text("device.back")}>
          <ChevronLeft size={18} aria-hidden="true" />
        </a>
        <h2>{device.name}</h2>
        <Connectivity state={cell.connectivity.value} lost={cell.reason.value === "link"} />
        <span class="device__since">{cell.since}</span>
        <span class="device__tags">{device.record.tags.map((tag) => `#${tag}`).join(" ")}</span>
        <ShareButton device={device} />
        <EditButton device={device} />
      </div>
      <DeviceParts device={device} />
      <dl class="device__facts">
        <Fact name={text("device.last_seen")} value={cell.seen} />
        <Fact name={text("device.interval")} value={cell.interval} />
        {device.family !== "" && <Fact name={text("device.family")} value={device.family} />}
        {device.via !== "" && <Fact name={text("device.via")} value={device.via} />}
        {device.record.location !== "" && <Fact name={text("device.location")} value={device.record.location} />}
        {device.record.notes !== "" && <Fact name={text("device.notes")} value={device.record.notes} />}
        {device.id !== device.name && <Fact name={text("device.id")} value={device.id} />}
        {attributes.map(([name, value]) => (
          <Fact key={name} name={name} value={String(value).slice(0, MAX_ATTRIBUTE_CHARS)} />
        ))}
      </dl>
    </header>
  );
}

function Connectivity({ state, lost }: { state: string; lost: boolean }) {
  const text = useText();
  const word = text(`state.${state as "online" | "offline" | "stale" | "unknown"}`);
  return <StateMark state={lost ? "stale" : state} word={word} />;
}

function Fact({ name, value }: { name: string; value: string | ReturnType<typeof useCell<"seen">>["seen"] }) {
  return (
    <div class="device__fact">
      <dt>{name}</dt>
      <dd class="number">{value}</dd>
    </div>
  );
}
