import type { ReadMark } from "../../state/index.ts";

const keyOf = (user: string) => `hub.read.${user}`;

/** The read marks of a user in this browser; null where there are none yet. */
export function readMarks(user: string): Readonly<Record<string, ReadMark>> | null {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(keyOf(user)) ?? "null");
    return typeof stored === "object" ? (stored as Readonly<Record<string, ReadMark>> | null) : null;
  } catch {
    return null;
  }
}

/** Keeps the read marks of a user. */
export function writeMarks(user: string, marks: Readonly<Record<string, ReadMark>>): void {
  try {
    localStorage.setItem(keyOf(user), JSON.stringify(marks));
  } catch {
    // Without storage a reload counts everything as read, as on the first visit.
  }
}
