import { CircleCheck } from "lucide-preact";
import type { Device } from "../../state/index.ts";
import { type App, useApp, useText, useTitle } from "../app/app.ts";
import { NoDevices } from "../devices/empty.tsx";
import { devicePath } from "../devices/paths.ts";
import { formatQuery, type StateFilter } from "../devices/query.ts";
import { type Listing, useListing } from "../devices/use_listing.ts";
import { headline } from "../kit/headline.ts";
import { Reading } from "../kit/reading.tsx";
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
  const text = useText();
  return (
    <section class="overview__card card">
      <h2>{text("overview.fleet")}</h2>
      <a class="overview__total" href="/devices">
        {text("devices.count", { n: listing.counts.all })}
      </a>
      <ul class="overview__counts">
        {STATES.map((state) => (
          <li key={state}>
            <a class="overview__count" href={`/devices${formatQuery({ q: "", state, sort: "name" })}`}>
              <span class="number overview__number">{listing.counts[state]}</span>
              <StateMark state={state} word={text(`state.${state}`)} />
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
  void app.hub.fleet.value;
  const devices = [...app.hub.devices.all()]
    .filter(({ keys, connectivity }) => keys.size > 0 && connectivity?.state !== "offline")
    .slice(0, MAX_RECENT);
  return (
    <section class="overview__recent">
      <h2>{text("overview.recent")}</h2>
      <ul class="overview__tiles">
        {devices.map((device) => (
          <li key={device.id}>
            <DeviceTile device={device} />
          </li>
        ))}
      </ul>
    </section>
  );
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
      {headline(device.keys.values())
        .slice(0, MAX_READINGS)
        .map((value) => (
          <Reading key={value.key} device={device} value={value} />
        ))}
    </a>
  );
}
