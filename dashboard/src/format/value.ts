import type { Language } from "../i18n/language.ts";
import type { Numbers } from "./number.ts";

export type Kind = "number" | "text" | "boolean" | "none";

export interface Written {
  text: string;
  kind: Kind;
}

/** Pairs of words for a boolean whose key says what it is about; all others are on and off. */
const WORDS_OF_KEY: readonly (readonly [RegExp, "open" | "closed" | "detected" | "yes"])[] = [
  [/(^|[._-])(door|window|opening)$/i, "open"],
  // Zigbee's contact sensors say true where the contact is made.
  [/(^|[._-])contact$/i, "closed"],
  [/(^|[._-])(motion|occupancy|presence|water_?leak|smoke|vibration|tamper)$/i, "detected"],
  [/(^|[._-])(battery_?low|online|reachable|charging|locked)$/i, "yes"],
];

/** A value of telemetry as it is shown: number with unit, text as sent, boolean in words, `–` where there is none. */
export function writeValue(
  value: unknown,
  how: { key: string; decimals: number; unit?: string | undefined; numbers: Numbers; language: Language },
): Written {
  if (typeof value === "number") {
    return { text: how.numbers.measure(value, how.decimals, how.unit), kind: "number" };
  }
  if (typeof value === "boolean") {
    const words = WORDS_OF_KEY.find(([pattern]) => pattern.test(how.key))?.[1] ?? "on";
    return { text: how.language.text(value ? `value.${words}.true` : `value.${words}.false`), kind: "boolean" };
  }
  if (typeof value === "string" && value !== "") return { text: quoted(value), kind: "text" };
  if (value === null || value === undefined || value === "") return { text: "–", kind: "none" };
  return { text: JSON.stringify(value), kind: "text" };
}

/** Texts that look like failed numbers are shown as sent, in quotes, so that nobody takes them for one. */
function quoted(text: string): string {
  return /^[+-]?(nan|inf(inity)?)$/i.test(text) ? `“${text}”` : text;
}
