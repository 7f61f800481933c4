/** What people say of devices, over HTTP (docs/devices/registry.md); what is refused comes as ApiError. */

import { request, send } from "../app/api.ts";

/** What is to change of a device; what is left out stays. */
export interface DeviceChange {
  name?: string;
  tags?: readonly string[];
  location?: string;
  notes?: string;
  interval_s?: number | null;
  zone?: string;
  approved?: boolean;
}

const pathOf = (level: string) => `/api/devices/${encodeURIComponent(level)}`;

/** Changes a device whose record has this version; one that others have changed meanwhile is a conflict. */
export function changeDevice(level: string, change: DeviceChange, version?: number): Promise<unknown> {
  if (version === undefined) return send("PATCH", pathOf(level), change);
  const headers = { "Content-Type": "application/json", "If-Match": `"${version}"` };
  return request(pathOf(level), { method: "PATCH", headers, body: JSON.stringify(change) });
}

/** Makes a device part of another one from now on; null: of none. */
export const mergeDevice = (level: string, into: string | null) => send("POST", `${pathOf(level)}/merge`, { into });

/** Forgets a device until it speaks again. */
export const forgetDevice = (level: string, { history }: { history: boolean }) =>
  request<void>(`${pathOf(level)}?history=${history}`, { method: "DELETE" });
