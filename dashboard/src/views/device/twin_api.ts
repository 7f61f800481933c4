/** What is desired of a device, over HTTP (docs/twin.md); what is refused comes as ApiError. */

import type { Scalar } from "../../client/index.ts";
import { readTwin, type Twin } from "../../state/index.ts";
import { ApiError, request } from "../app/api.ts";

/** Somebody else has changed the twin since this version. */
export class TwinConflict extends Error {
  override readonly name = "twin_conflict";
}

/** Changes what is desired in this version of the twin; null removes a key. */
export async function changeTwin(
  level: string,
  desired: Readonly<Record<string, Scalar | null>>,
  version: number,
): Promise<Twin> {
  const headers = { "Content-Type": "application/json", "If-Match": `"${version}"` };
  const path = `/api/devices/${encodeURIComponent(level)}/twin`;
  try {
    const body = JSON.stringify({ desired });
    return readTwin(await request<Record<string, unknown>>(path, { method: "PATCH", headers, body }));
  } catch (error) {
    throw error instanceof ApiError && error.name === "conflict" ? new TwinConflict(error.message) : error;
  }
}
