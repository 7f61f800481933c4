import type { Moment } from "../../state/index.ts";
import { devicePath } from "../devices/paths.ts";

const PATH = /^\/devices\/([^/]+)$/;
const POSITION = /^[\w-]{1,64}-\d{1,20}$/;

/** The address of a device's page at a moment. */
export function momentPath({ device, position, key }: Moment): string {
  const search = new URLSearchParams({ at: position });
  if (key !== undefined) search.set("key", key);
  return `${devicePath(device)}?${search}`;
}

/** The moment that a pasted address of this hub leads to; null where it is none. */
export function momentOfUrl(text: string, origin: string): Moment | null {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : null;
  const name = url?.origin === origin ? PATH.exec(url.pathname)?.[1] : undefined;
  const position = url?.searchParams.get("at") ?? "";
  if (url === null || name === undefined || !POSITION.test(position)) return null;
  const key = url.searchParams.get("key");
  return { position, device: decodeURIComponent(name), ...(key === null ? {} : { key }) };
}
