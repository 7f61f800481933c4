import { toLevel } from "../../client/index.ts";
import { fromLevel, type Moment } from "../../state/index.ts";
import { formatAt, parseAt } from "../device/window.ts";
import { devicePath } from "../devices/paths.ts";

const PATH = /^\/devices\/([^/]+)$/;

/** The address of a device's page at a moment. */
export function momentPath({ device, position, key, time }: Moment): string {
  const search = new URLSearchParams(formatAt({ position, ...(time === undefined ? {} : { time }) }));
  if (key !== undefined) search.set("key", key);
  return `${devicePath(fromLevel(device))}?${search}`;
}

/** The moment that a pasted address of this hub leads to; null where it is none. */
export function momentOfUrl(text: string, origin: string): Moment | null {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  const name = url?.origin === origin ? PATH.exec(url.pathname)?.[1] : undefined;
  if (url === null || name === undefined) return null;
  const at = parseAt(Object.fromEntries(url.searchParams));
  if (at?.position === undefined) return null;
  const key = url.searchParams.get("key");
  return { ...at, device: toLevel(decodeURIComponent(name)), ...(key === null ? {} : { key }) };
}
