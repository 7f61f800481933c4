/** What the device list shows: kept in the URL, defaults left out, keys in a fixed order. */

export type StateFilter = "all" | "online" | "stale" | "offline";
export type Sort = "name" | "state" | "age";

export interface DeviceQuery {
  q: string;
  state: StateFilter;
  sort: Sort;
}

const STATES: readonly string[] = ["online", "stale", "offline"];
const SORTS: readonly string[] = ["state", "age"];

/** Reads the query of a URL; what it does not know is the default. */
export function parseQuery(search: URLSearchParams | Readonly<Record<string, string>>): DeviceQuery {
  const get = (name: string) => (search instanceof URLSearchParams ? search.get(name) : search[name]) ?? "";
  const [state, sort] = [get("state"), get("sort")];
  return {
    q: get("q"),
    state: STATES.includes(state) ? (state as StateFilter) : "all",
    sort: SORTS.includes(sort) ? (sort as Sort) : "name",
  };
}

/** The query as the search part of a URL, `?` included; empty for the defaults. */
export function formatQuery(query: DeviceQuery): string {
  const search = new URLSearchParams();
  if (query.q !== "") search.set("q", query.q);
  if (query.state !== "all") search.set("state", query.state);
  if (query.sort !== "name") search.set("sort", query.sort);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

/** The state by which a device is listed; `unknown`: it was described, but has said nothing yet. */
export type ListedState = Exclude<StateFilter, "all"> | "unknown";

/** What the list has to know of a device to choose and order it. */
export interface Listed {
  id: string;
  name: string;
  family: string;
  tags: readonly string[];
  state: ListedState;
  lastSeen: number | null;
}

const WORST_FIRST: Readonly<Record<string, number>> = { offline: 0, stale: 1, unknown: 2, online: 3 };

/** The devices a query selects, in its order; equal ones by name. Every word of `q` must be in name, id, family or a tag. */
export function select(devices: Iterable<Listed>, query: DeviceQuery, collator: Intl.Collator): Listed[] {
  const words = query.q.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found: Listed[] = [];
  for (const device of devices) {
    if (query.state !== "all" && device.state !== query.state) continue;
    const text = `${device.name}\n${device.id}\n${device.family}\n${device.tags.join("\n")}`.toLocaleLowerCase();
    if (words.every((word) => text.includes(word))) found.push(device);
  }
  const byName = (a: Listed, b: Listed) => collator.compare(a.name, b.name) || collator.compare(a.id, b.id);
  return found.sort((a, b) => compareBy(query.sort, a, b) || byName(a, b));
}

function compareBy(sort: Sort, a: Listed, b: Listed): number {
  if (sort === "state") return (WORST_FIRST[a.state] ?? 2) - (WORST_FIRST[b.state] ?? 2);
  if (sort === "age") return (b.lastSeen ?? 0) - (a.lastSeen ?? 0);
  return 0;
}

/** Counts of devices by state, for the filter. */
export function countStates(devices: Iterable<Listed>): Readonly<Record<StateFilter, number>> {
  const counts = { all: 0, online: 0, stale: 0, offline: 0 };
  for (const { state } of devices) {
    counts.all++;
    if (state !== "unknown") counts[state]++;
  }
  return counts;
}
