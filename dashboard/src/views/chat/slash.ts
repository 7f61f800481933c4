/** What begins with a slash in the field for a message: commands to the hub, not words for the room. Pure. */

import { typedValue } from "../../state/index.ts";

export const SLASHES = ["cmd", "moment"] as const;

export interface Named {
  id: string;
  name: string;
}

/** A command that was typed. `wrong` is not sent: its form is told instead. */
export type Slash =
  | { kind: "cmd"; device: string; name: string; value: unknown }
  | { kind: "moment"; device: string; rest: string }
  | { kind: "wrong"; word: string };

const BEGIN = /^\/([a-z]+)(?:\s+|$)/;

/** The command that a text begins with; null where it is only text. */
export function slashOf(text: string, devices: Iterable<Named>): Slash | null {
  const begin = BEGIN.exec(text);
  if (begin === null) return null;
  const word = begin[1] ?? "";
  const found = deviceAt(text.slice(begin[0].length), devices);
  if (found === null) return { kind: "wrong", word };
  const { id: device, rest } = found;
  if (word === "moment") return { kind: "moment", device, rest };
  const [, name, value = ""] = /^(\S+)(?:\s+([\s\S]*))?$/.exec(rest) ?? [];
  return word === "cmd" && name !== undefined
    ? { kind: "cmd", device, name, value: typedValue(value.trim()) }
    : { kind: "wrong", word };
}

/** The device that a text begins with, by id or name, whatever spaces it has; the longest where several fit. */
function deviceAt(text: string, devices: Iterable<Named>): { id: string; rest: string } | null {
  let best: { id: string; length: number } | null = null;
  for (const { id, name } of devices) {
    for (const called of [id, name]) {
      const fits = text === called || (text.startsWith(called) && /\s/.test(text[called.length] ?? ""));
      if (fits && called.length > (best?.length ?? 0)) best = { id, length: called.length };
    }
  }
  return best === null ? null : { id: best.id, rest: text.slice(best.length).trim() };
}
