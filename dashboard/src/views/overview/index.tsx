import { CircleCheck } from "lucide-preact";
import { useRef } from "preact/hooks";
import type { Device } from "../../state/index.ts";
import { type App, useApp, useText, useTitle } from "../app/app.ts";
import { NoDevices } from "../devices/empty.tsx";
import { devicePath } from "../devices/paths.ts";
import { formatQuery, type StateFilter } from "../devices/query.ts";
import { type Listing, useListing } from "../devices/use_listing.ts";
import { Readings } from "../kit/reading.tsx";
import { StateMark } from "../kit/state_mark.tsx";
import { useCell } from "../kit/use_cell.ts";
import { LinkHealth } from "./link_health.tsx";
import "./overview.css";

const MAX_ATTENTION = 8;
const MAX_RECENT = 12;
const MAX_READINGS = 3;
const STATES: readonly Exclude<StateFilter, "all">[] = ["online", "stale", "offline"];
const WORST_FIRST = { q: "", state: "all", sort: "state" } as const;

/** Worst first, then the fleet and its links, then what came last. */
export default function OverviewPage() {
  const { hub } = useApp();
  const text = useText();
  useTitle(text("page.overview"));
  const listing = useListing(WORST_FIRST);
  if (listing.counts.all === 0 && hub.loaded.value) return <NoDevices />;
  return (
    <div class="overview">
      <Attention listing={listing} />
      <Fleet listing={listing} />
      <LinkHealth />
      <Recent />
    </div>
  );
}

function devicesOf(app: App, ids: readonly string[]): Device[] {
  return ids.map((id) => app.hub.devices.get(id)).filter((device) => device !== undefined);
}

function Attention({ listing }: { listing: Listing }) {
  const app = useApp();
  const text = useText();
  const troubled = listing.counts.offline + listing.counts.stale;
  const devices = devicesOf(app, listing.ids.slice(0, Math.min(troubled, MAX_ATTENTION)));
  const more = troubled - devices.length;
  return (
    <section class="overview__card overview__attention card">
      <h2>{text("overview.attention")}</h2>
      {devices.length === 0 && app.hub.loaded.value && (
        <p class="overview__quiet">
          <CircleCheck size={18} aria-hidden="true" /> {text("overview.quiet")}
        </p>
      )}
      <ul>
        {devices.map((device) => (
          <li key={device.id}>
            <TroubledDevice device={device} />
          </li>
        ))}
      </ul>
      {more > 0 && <a href="/devices?sort=state">{text("overview.more", { n: more })}</a>}
    </section>
  );
}

function writeTrouble(app: App, device: Device, time: number) {
  const { text } = app.language.peek();
  const times = app.times.peek();
  const { connectivity, lastSeen, intervalMs } = device;
  const offline = connectivity?.state === "offline";
  const age = lastSeen === null ? "–" : times.age(lastSeen, time);
  const interval = intervalMs === null ? "–" : times.interval(intervalMs);
  return {
    state: offline ? "offline" : "stale",
    why: offline
      ? text("state.offline_since", { time: times.at(connectivity.time, time) })
      : text(intervalMs === null ? "state.spoken_stale" : "state.silent_long", { age, interval }),
  };
}

function TroubledDevice({ device }: { device: Device }) {
  const app = useApp();
  const text = useText();
  const cell = useCell(device.id, (time) => writeTrouble(app, device, time));
  const state = cell.state.value as "offline" | "stale";
  return (
    <a class="overview__device" href={devicePath(device.id)} data-device={device.id} data-state={cell.state}>
      <StateMark state={state} word={text(`state.${state}`)} />
      <strong>{device.name}</strong>
      <span class="overview__why">{cell.why}</span>
    </a>
  );
}

function Fleet({ listing }: { listing: Listing }) {
  const { numbers } = useApp();
  const text = useText();
  return (
    <section class="overview__card card">
      <h2>{text("overview.fleet")}</h2>
      <a class="overview__total number" href="/devices">
        {text("devices.count", { n: listing.counts.all })}
      </a>
      <ul class="overview__counts">
        {STATES.map((state) => (
          <li key={state}>
            <a class="overview__count" href={`/devices${formatQuery({ q: "", state, sort: "name" })}`}>
              <StateMark state={state} word={text(`state.${state}`)} />
              <span class="number overview__number">{numbers.value.format(listing.counts[state], 0)}</span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** The devices that spoke last when the page was opened; their values are live, their order stands. */
function Recent() {
  const app = useApp();
  const text = useText();
  const shown = useRef<readonly string[]>([]);
  void app.hub.fleet.value;
  shown.current = recent(app.hub.devices.all(), shown.current);
  return (
    <section class="overview__recent">
      <h2>{text("overview.recent")}</h2>
      <ul class="overview__tiles">
        {devicesOf(app, shown.current).map((device) => (
          <li key={device.id}>
            <DeviceTile device={device} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Those that are shown already, then the ones that spoke last, as many as there is room for. */
function recent(devices: Iterable<Device>, shown: readonly string[]): readonly string[] {
  if (shown.length >= MAX_RECENT) return shown;
  const others = [...devices].filter(({ id, keys, connectivity }) => {
    return keys.size > 0 && connectivity?.state !== "offline" && !shown.includes(id);
  });
  others.sort((a, b) => (b.lastSeen ?? 0) - (a.lastSeen ?? 0));
  return [...shown, ...others.map(({ id }) => id)].slice(0, MAX_RECENT);
}

function DeviceTile({ device }: { device: Device }) {
  const { hub } = useApp();
  const cell = useCell(device.id, (time) => {
    const { state, reason = "" } = hub.deviceFreshness(device, time);
    return { state, reason, name: device.name, keys: String(device.keys.size) };
  });
  void cell.keys.value;
  return (
    <a
      class="overview__tile tile card"
      href={devicePath(device.id)}
      data-device={device.id}
      data-state={cell.state}
      data-reason={cell.reason}
    >
      <strong>{cell.name}</strong>
      <Readings device={device} most={MAX_READINGS} />
    </a>
  );
}
