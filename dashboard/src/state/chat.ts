/** Chat rooms: messages in the order of the log, each once, and what of them is unread. */

import type { HubEvent } from "../client/index.ts";
import { fromLevel } from "./devices.ts";

/** A room is one level. */
const ROOM = /^chat\/[^/]+$/;
const ROOT = "chat/";
/** Messages kept of a room; then the oldest go. */
export const MAX_MESSAGES = 500;

export interface ChatMessage {
  /** Names the message in its room, also over reloads. */
  key: string;
  author: string;
  text: string;
  /** ms since the epoch, the hub's clock. */
  time: number;
  /** Messages between the one before and this may be missing. */
  afterGap: boolean;
}

/** The newest message that was read. */
export interface ReadMark {
  key: string;
  time: number;
}

/** A room comes to be with its first message. */
export interface Room {
  id: string;
  topic: string;
  /** Oldest first, at least one; another array after each change. */
  messages: readonly ChatMessage[];
  /** Unread messages of others. */
  unread: number;
  /** Key of the first of them. */
  firstUnread: string | null;
}

/** A short name for a text (FNV-1a, 32 bit): time and this tell the messages of a room apart. */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash >>> 0).toString(36);
}

function toMessage({ time, data }: HubEvent): ChatMessage | null {
  const { text, author } = data;
  if (typeof text !== "string" || typeof author !== "string") return null;
  return { key: `${time}-${digest(`${author}\n${text}`)}`, author, text, time, afterGap: false };
}

function byRoom(events: readonly HubEvent[]): Map<string, ChatMessage[]> {
  const rooms = new Map<string, ChatMessage[]>();
  for (const event of events) {
    const message = ROOM.test(event.topic) ? toMessage(event) : null;
    if (message === null) continue;
    const messages = rooms.get(event.topic);
    if (messages === undefined) rooms.set(event.topic, [message]);
    else messages.push(message);
  }
  return rooms;
}

/** Puts new messages behind the old, each once: a message that comes again is where it came last. */
function append(old: readonly ChatMessage[], fresh: readonly ChatMessage[], snapshot: boolean): ChatMessage[] {
  const merged = new Map(old.map((message) => [message.key, message]));
  const known = fresh.filter(({ key }) => merged.has(key)).length;
  const [first] = fresh;
  const afterGap = snapshot && old.length > 0 && known === 0;
  for (const message of fresh) {
    const before = merged.get(message.key);
    merged.delete(message.key);
    merged.set(message.key, before ?? (afterGap && message === first ? { ...message, afterGap } : message));
  }
  return [...merged.values()].slice(-MAX_MESSAGES);
}

/** All rooms, for one user. It is changed in place. */
export class Rooms {
  readonly #user: string;
  readonly #rooms = new Map<string, Room>();
  readonly #marks: Map<string, ReadMark>;
  /** Who comes for the first time has not missed what was said before. */
  readonly #firstVisit: boolean;

  /** `marks` as `marks()` gave them before; null on the user's first visit: what is there then counts as read. */
  constructor(user: string, marks: Readonly<Record<string, ReadMark>> | null) {
    this.#user = user;
    this.#firstVisit = marks === null;
    this.#marks = new Map(Object.entries(marks ?? {}));
  }

  /** Takes events and gives the ids of the rooms that changed; events of other topics are passed over. */
  apply(events: readonly HubEvent[], { snapshot }: { snapshot: boolean }): string[] {
    const changed: string[] = [];
    for (const [topic, messages] of byRoom(events)) {
      const room = this.#room(topic);
      const first = room.messages.length === 0;
      room.messages = append(room.messages, messages, snapshot);
      if (first && snapshot && this.#firstVisit) this.#mark(room, room.messages.length - 1);
      this.#count(room);
      changed.push(room.id);
    }
    return changed;
  }

  room(id: string): Room | undefined {
    return this.#rooms.get(id);
  }

  /** All rooms; the one with the newest message first. */
  rooms(): Room[] {
    const newest = ({ messages }: Room) => (messages.at(-1) as ChatMessage).time;
    return [...this.#rooms.values()].sort((a, b) => newest(b) - newest(a));
  }

  /** Unread messages of all rooms. */
  get unread(): number {
    let sum = 0;
    for (const room of this.#rooms.values()) sum += room.unread;
    return sum;
  }

  /** Marks a room read up to and with a message (all: without a key) and says whether that changed anything; never backwards. */
  markRead(id: string, key?: string): boolean {
    const room = this.#rooms.get(id);
    if (room === undefined) return false;
    const index =
      key === undefined ? room.messages.length - 1 : room.messages.findIndex((message) => message.key === key);
    if (index < this.#unreadFrom(room)) return false;
    this.#mark(room, index);
    this.#count(room);
    return true;
  }

  /** The marks by room id, to be kept. */
  marks(): Record<string, ReadMark> {
    return Object.fromEntries(this.#marks);
  }

  #room(topic: string): Room {
    const id = fromLevel(topic.slice(ROOT.length));
    let room = this.#rooms.get(id);
    if (room === undefined) {
      room = { id, topic, messages: [], unread: 0, firstUnread: null };
      this.#rooms.set(id, room);
    }
    return room;
  }

  #mark(room: Room, index: number): void {
    const { key, time } = room.messages[index] as ChatMessage;
    this.#marks.set(room.id, { key, time });
  }

  /** Index of the first message after the mark; by time where the marked message is no longer kept. */
  #unreadFrom(room: Room): number {
    const mark = this.#marks.get(room.id);
    if (mark === undefined) return 0;
    const marked = room.messages.findIndex(({ key }) => key === mark.key);
    if (marked >= 0) return marked + 1;
    const later = room.messages.findIndex(({ time }) => time > mark.time);
    return later < 0 ? room.messages.length : later;
  }

  #count(room: Room): void {
    const unread = room.messages.slice(this.#unreadFrom(room)).filter(({ author }) => author !== this.#user);
    room.unread = unread.length;
    room.firstUnread = unread[0]?.key ?? null;
  }
}
