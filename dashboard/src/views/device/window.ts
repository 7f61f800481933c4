/** How far back the charts of a device go. */

export const WINDOWS_MS = {
  "15m": 15 * 60_000,
  "1h": 3_600_000,
  "6h": 6 * 3_600_000,
  "24h": 24 * 3_600_000,
  "7d": 7 * 24 * 3_600_000,
} as const;

export type WindowName = keyof typeof WINDOWS_MS;

const DEFAULT_WINDOW: WindowName = "15m";

/** What a device page shows: kept in the URL, defaults left out. */
export interface DeviceView {
  /** null: the first ones. */
  keys: readonly string[] | null;
  window: WindowName;
}

/** Reads the search part of a URL; what it does not know is the default. */
export function parseView(search: Readonly<Record<string, string>>): DeviceView {
  const last = search.last ?? "";
  return {
    keys: search.keys === undefined ? null : search.keys.split(",").map(decodeKey).filter(Boolean),
    window: Object.hasOwn(WINDOWS_MS, last) ? (last as WindowName) : DEFAULT_WINDOW,
  };
}

/** The view as the search part of a URL, `?` included; empty for the defaults. */
export function formatView({ keys, window }: DeviceView): string {
  const search = new URLSearchParams();
  if (keys !== null) search.set("keys", keys.map((key) => key.replace(/[%,]/g, encodeURIComponent)).join(","));
  if (window !== DEFAULT_WINDOW) search.set("last", window);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
