import { useEffect, useMemo, useReducer, useRef } from "preact/hooks";
import type { Device } from "../../state/index.ts";
import { type App, useApp } from "../app/app.ts";
import { countStates, type DeviceQuery, type Listed, type ListedState, type StateFilter, select } from "./query.ts";

const REORDER_MS = 1_000;

export interface Listing {
  ids: readonly string[];
  counts: Readonly<Record<StateFilter, number>>;
  /** Rows that would stand elsewhere, if the pointer or the focus were not in the list. */
  moved: number;
  /** Rows stay where they are while this is true. */
  hold: (held: boolean) => void;
  /** Order them all the same. */
  sortAgain: () => void;
}

/** The state by which a device is listed; a lost link says nothing of the device, so what was known before holds. */
export function listedState(app: App, device: Device, time: number): ListedState {
  const { state, reason } = app.hub.deviceFreshness(device, time);
  if (state === "offline" || device.connectivity?.state === "offline") return "offline";
  if (reason === "link") return device.connectivity?.state ?? "online";
  if (state === "none") return device.connectivity?.state ?? "unknown";
  return state === "stale" ? "stale" : "online";
}

function list(app: App): Listed[] {
  const time = app.hub.time.now();
  const alone = Array.from(app.hub.devices.all()).filter(({ record }) => record.mergedInto === null);
  return alone.map((device) => ({
    id: device.id,
    name: device.name,
    family: device.family,
    tags: device.record.tags,
    state: listedState(app, device, time),
    lastSeen: device.lastSeen,
  }));
}

/** Which devices to show, in which order; looked at anew when the fleet changes and once a second. */
export function useListing(query: DeviceQuery): Listing {
  const app = useApp();
  const [ticks, tick] = useReducer((count: number) => count + 1, 0);
  const held = useRef(false);
  const shown = useRef<{ ids: readonly string[]; query: DeviceQuery }>({ ids: [], query });
  const fleet = app.hub.fleet.value;
  const collator = useMemo(() => new Intl.Collator(app.language.peek().locale, { numeric: true }), [app]);

  useEffect(() => {
    const timer = setInterval(() => tick(undefined), REORDER_MS);
    return () => clearInterval(timer);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: ticks and fleet say when to look anew
  const { ids, counts } = useMemo(() => {
    const all = list(app);
    return { ids: select(all, query, collator).map(({ id }) => id), counts: countStates(all) };
  }, [app, query, collator, fleet, ticks]);

  const before = shown.current;
  const keep = held.current && before.query === query && before.ids.length > 0;
  const stay = keep ? heldOrder(before.ids, ids) : ids;
  const same = stay.length === before.ids.length && stay.every((id, i) => id === before.ids[i]);
  if (!same || before.query !== query) shown.current = { ids: stay, query };
  return {
    ids: shown.current.ids,
    counts,
    moved: keep ? ids.filter((id, i) => shown.current.ids[i] !== id).length : 0,
    hold: (hold) => {
      held.current = hold;
    },
    sortAgain: () => {
      shown.current = { ids, query };
      tick(undefined);
    },
  };
}

/** The rows that were there stay in their order; new ones come behind them. */
function heldOrder(before: readonly string[], now: readonly string[]): readonly string[] {
  const wanted = new Set(now);
  const stay = before.filter((id) => wanted.has(id));
  const there = new Set(stay);
  return [...stay, ...now.filter((id) => !there.has(id))];
}
