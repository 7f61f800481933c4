/** What was said in one room: its newest messages without a hole, in the order of their ids, and further back on request. */

import type { HubEvent } from "../client/index.ts";
import { type Change, type ChatMessage, changed, changeOf, messageOf, newer } from "./chat_message.ts";

/** Messages kept of a room; then the oldest go. */
export const MAX_MESSAGES = 500;
/** Messages kept of a room that is read: so far one can scroll up in it. */
export const MAX_READ_MESSAGES = 20_000;
/** Changes of messages kept that are not here: their page may be under way. */
const MAX_STRAY = 200;

export class Talk {
  /** Oldest first; another array after each change. */
  messages: readonly ChatMessage[] = [];
  /** Nothing was said before the first of them. */
  complete = false;
  #stray: Change[] = [];
  #most = MAX_MESSAGES;
  #uncertain = false;

  get first(): ChatMessage | undefined {
    return this.messages[0];
  }

  get last(): ChatMessage | undefined {
    return this.messages.at(-1);
  }

  get(id: string): ChatMessage | undefined {
    return this.messages.find((message) => message.id === id);
  }

  /** Takes events of the room and says whether they changed anything. */
  take(events: readonly HubEvent[], { snapshot }: { snapshot: boolean }): boolean {
    const before = this.messages;
    const fresh = events.map(messageOf).filter((message) => message !== null);
    if (snapshot && fresh.length > 0) this.#join(fresh);
    this.#add(fresh);
    for (const event of events) this.#change(changeOf(event));
    return this.messages !== before;
  }

  /** Puts a page of older messages before those that are here; `complete`: there are none before them. */
  prepend(page: readonly ChatMessage[], { complete }: { complete: boolean }): void {
    this.complete = complete;
    this.#add(page);
  }

  /** Events may have been missed: what a snapshot does not join to is let go, so that paging fills the hole. */
  miss(): void {
    this.#uncertain = true;
  }

  /** Keeps what is read: one may scroll up far. */
  hold(): void {
    this.#most = MAX_READ_MESSAGES;
  }

  /** Nobody reads it any more. */
  release(): void {
    this.#most = MAX_MESSAGES;
    this.#trim();
  }

  #join(fresh: readonly ChatMessage[]): void {
    const known = new Set(this.messages.map(({ id }) => id));
    if (this.#uncertain && !fresh.some(({ id }) => known.has(id))) {
      this.messages = [];
      this.complete = false;
    }
    this.#uncertain = false;
  }

  #add(fresh: readonly ChatMessage[]): void {
    if (fresh.length === 0) return;
    const merged = new Map(this.messages.map((message) => [message.id, message]));
    for (const message of fresh) {
      const here = merged.get(message.id);
      merged.set(message.id, here === undefined ? this.#withStray(message) : newer(here, message));
    }
    this.messages = [...merged.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#trim();
  }

  #withStray(message: ChatMessage): ChatMessage {
    return this.#stray.reduce((now, change) => (change.id === now.id ? changed(now, change) : now), message);
  }

  #change(change: Change | null): void {
    if (change === null) return;
    const index = this.messages.findIndex(({ id }) => id === change.id);
    const message = this.messages[index];
    if (message === undefined) {
      this.#stray = [...this.#stray, change].slice(-MAX_STRAY);
      return;
    }
    const now = changed(message, change);
    if (now !== message) this.messages = this.messages.map((one) => (one === message ? now : one));
  }

  #trim(): void {
    if (this.messages.length <= this.#most) return;
    this.messages = this.messages.slice(-this.#most);
    this.complete = false;
  }
}
