import { readStored, writeStored } from "../app/preferences.ts";

/** What was typed in each room and not sent: kept over pages, reloads and the end of a session. */
export class Drafts {
  #storageKey: string | null = null;
  #drafts = new Map<string, string>();

  /** Takes up what a user had typed when this browser was left. */
  open(user: string): void {
    if (this.#storageKey !== null) return;
    this.#storageKey = `hub.drafts.${user}`;
    this.#drafts = new Map(Object.entries(readStored<Record<string, string>>(this.#storageKey)) as [string, string][]);
  }

  get(room: string): string {
    return this.#drafts.get(room) ?? "";
  }

  set(room: string, text: string): void {
    if (text === "") this.#drafts.delete(room);
    else this.#drafts.set(room, text);
    if (this.#storageKey !== null) writeStored(this.#storageKey, Object.fromEntries(this.#drafts));
  }
}
