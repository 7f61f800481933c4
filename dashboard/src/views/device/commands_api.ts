/** Commands over HTTP (docs/commands.md); what is refused comes as ApiError. */

import type { Command } from "../../state/index.ts";
import { request, send } from "../app/api.ts";

/** Something of a device that can be set for sure, and the key that then shows it. */
export interface Control {
  name: string;
  key: string;
  kind: "switch" | "number";
  on?: unknown;
  off?: unknown;
}

interface CommandList {
  commands: Command[];
  next: string | null;
  controls: Control[];
}

interface Order {
  name: string;
  value?: unknown;
  expect?: { key: string; op: "eq"; value: unknown; within_s: number };
}

const pathOf = (level: string) => `/api/devices/${encodeURIComponent(level)}/commands`;

export const loadCommands = (level: string, signal: AbortSignal) => request<CommandList>(pathOf(level), { signal });

export const giveCommand = (level: string, order: Order) => send<Command>("POST", pathOf(level), order);

export const decideCommand = (id: string, decision: "approve" | "refuse") =>
  send<Command>("POST", `/api/commands/${id}/${decision}`);
