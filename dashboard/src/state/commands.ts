/** Commands of a device, by their steps (docs/commands.md): steps in, newest command first. Pure. */

export type CommandState =
  | "waiting"
  | "queued"
  | "sending"
  | "sent"
  | "answered"
  | "observed"
  | "failed"
  | "expired"
  | "refused";

/** A command as its last step tells it; times in ms since the epoch. */
export interface Command {
  readonly id: string;
  readonly device: string;
  readonly state: CommandState;
  readonly version: number;
  readonly name: string;
  readonly value?: unknown;
  readonly by: string;
  /** The desired key of the device's twin that it is for. */
  readonly twin?: string;
  readonly created: number;
  readonly time?: number;
  readonly reason?: string;
  readonly evidence?: { readonly observed?: { readonly key: string; readonly value: unknown } };
}

const MAX_SHOWN = 50;
const UNDECIDED: readonly CommandState[] = ["waiting", "queued"];

/** The commands after another step; one that is not newer than what is known changes nothing. */
export function takeStep(commands: readonly Command[], step: Command): readonly Command[] {
  const known = commands.find(({ id }) => id === step.id);
  // What was missed while the page was loading is in the answer that it loaded: versions may be skipped, not undone.
  if (known !== undefined && step.version <= known.version) return commands;
  const others = commands.filter(({ id }) => id !== step.id);
  return [...others, step].sort((one, other) => (one.id < other.id ? 1 : -1)).slice(0, MAX_SHOWN);
}

/** Whether somebody may still take it back. */
export function isUndecided({ state }: Command): boolean {
  return UNDECIDED.includes(state);
}

/** The value of what was typed: JSON where it is, else the text itself; nothing typed is no value. */
export function typedValue(typed: string): unknown {
  if (typed.trim() === "") return undefined;
  try {
    return JSON.parse(typed);
  } catch {
    return typed;
  }
}
