import type { Device } from "../../state/index.ts";
import { type App, useApp, useText } from "../app/app.ts";
import { Readings } from "../kit/reading.tsx";
import { StateMark } from "../kit/state_mark.tsx";
import { useCell } from "../kit/use_cell.ts";
import { devicePath } from "./paths.ts";
import type { ListedState } from "./query.ts";
import { listedState } from "./use_listing.ts";

function writeRow(app: App, device: Device, time: number) {
  const { state, reason = "" } = app.hub.deviceFreshness(device, time);
  return {
    state: state === "none" ? listedState(app, device, time) : state,
    listed: listedState(app, device, time),
    reason,
    name: device.name,
    tags: device.record.tags.map((tag) => `#${tag}`).join(" "),
    age: device.lastSeen === null ? "–" : app.times.peek().age(device.lastSeen, time),
    // A new key needs a new cell: this text is read, so that the row is made anew then, and only then.
    keys: String(device.keys.size),
  };
}

/** One device: name, state, its first values, and how old the newest is. */
export function DeviceRow({ id, ...place }: { id: string; index: number; columns: number }) {
  const { hub } = useApp();
  const device = hub.devices.get(id);
  return device === undefined ? null : <KnownRow device={device} {...place} />;
}

function KnownRow({ device, index, columns }: { device: Device; index: number; columns: number }) {
  const app = useApp();
  const cell = useCell(device.id, (time) => writeRow(app, device, time));
  const more = Number(cell.keys.value) - columns;
  const text = useText();
  return (
    <tr
      class="devices__row"
      aria-rowindex={index}
      data-device={device.id}
      data-state={cell.state}
      data-reason={cell.reason}
    >
      <th scope="row" class="devices__name">
        <a href={devicePath(device.id)} data-row-link>
          {cell.name}
        </a>
        {device.family !== "" && <span class="devices__family">{device.family}</span>}
        <span class="devices__tags">{cell.tags}</span>
      </th>
      <td class="devices__state">
        <RowState cell={cell} />
      </td>
      <td class="devices__values">
        <div class="devices__readings">
          <Readings device={device} most={columns} />
          {more > 0 && <span class="devices__more">{text("devices.more_values", { n: more })}</span>}
        </div>
      </td>
      <td class="devices__age number">{cell.age}</td>
    </tr>
  );
}

/** The device's own state. */
function RowState({ cell }: { cell: { listed: { readonly value: string }; reason: { readonly value: string } } }) {
  const text = useText();
  const word = cell.listed.value as ListedState;
  // The word is what was last known; without a link its shape says that it may have changed.
  return <StateMark state={cell.reason.value === "link" ? "stale" : word} word={text(`state.${word}`)} />;
}
