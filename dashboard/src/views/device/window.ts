/** What a device page shows: how far back its charts go, and whether it is now or a moment of the past. */

export const WINDOWS_MS = {
  "15m": 15 * 60_000,
  "1h": 3_600_000,
  "6h": 6 * 3_600_000,
  "24h": 24 * 3_600_000,
  "7d": 7 * 24 * 3_600_000,
} as const;

export type WindowName = keyof typeof WINDOWS_MS;

const DEFAULT_WINDOW: WindowName = "15m";
const POSITION = /^[0-9A-Za-z]{1,32}-\d{1,19}$/;
const TIME = /^\d{1,15}$/;

/** A moment of the past: a position of the log, when it was (ms since the epoch), or both. */
export type At =
  | { readonly position: string; readonly time?: number }
  | { readonly position?: undefined; readonly time: number };

/** What a device page shows: kept in the URL, defaults left out. */
export interface DeviceView {
  /** null: the first ones. */
  keys: readonly string[] | null;
  window: WindowName;
  /** null: now. */
  at: At | null;
}

/** A stretch of time, ms since the epoch. */
export interface Stretch {
  from: number;
  to: number;
}

type Search = Readonly<Record<string, string>>;

/** Reads the search part of a URL; what it does not know is the default. */
export function parseView(search: Search): DeviceView {
  const last = search.last ?? "";
  return {
    keys: keysOf(search),
    window: Object.hasOwn(WINDOWS_MS, last) ? (last as WindowName) : DEFAULT_WINDOW,
    at: parseAt(search),
  };
}

/** The moment that the search part of a URL names; null where it names none. */
export function parseAt({ at = "", time = "" }: Search): At | null {
  if (TIME.test(at)) return { time: Number(at) };
  if (!POSITION.test(at)) return null;
  return { position: at, ...(TIME.test(time) ? { time: Number(time) } : {}) };
}

/** A moment as members of the search part of a URL. */
export function formatAt({ position, time }: At): Record<string, string> {
  if (position === undefined) return { at: String(time) };
  return { at: position, ...(time === undefined ? {} : { time: String(time) }) };
}

/** The view as the search part of a URL, `?` included; empty for the defaults. */
export function formatView({ keys, window, at }: DeviceView): string {
  const search = new URLSearchParams(at === null ? {} : formatAt(at));
  if (keys !== null) search.set("keys", keys.map((key) => key.replace(/[%,]/g, encodeURIComponent)).join(","));
  if (window !== DEFAULT_WINDOW) search.set("last", window);
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}

/** A stretch with a moment in its middle; it ends now where that would be in the future. */
export function stretchAround(moment: number, window_ms: number, now: number): Stretch {
  const to = Math.min(moment + window_ms / 2, Math.max(now, moment));
  return { from: to - window_ms, to };
}

/** `keys` are those that were chosen here; a link to a moment may name one `key`. */
function keysOf({ keys, key }: Search): string[] | null {
  if (keys !== undefined) return keys.split(",").map(decodeKey).filter(Boolean);
  return key === undefined ? null : [key];
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
