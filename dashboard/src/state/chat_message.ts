/** A chat message with all that was done to it (docs/chat.md), from the events of its room. */

import type { HubEvent } from "../client/index.ts";

/** Who edited or deleted a message, and when (ms since the epoch). */
export interface Revision {
  by: string;
  time: number;
}

/** A link to what a device did at a position of the log; `time` is when it was, ms since the epoch. */
export interface Moment {
  position: string;
  device: string;
  key?: string;
  time?: number;
}

/** `time` is in ms since the epoch, the hub's clock; ids sort in the order of the messages. The text of a deleted one is empty. */
export interface ChatMessage {
  id: string;
  author: string;
  text: string;
  time: number;
  replyTo: string | null;
  mentions: readonly string[];
  moment: Moment | null;
  edited: Revision | null;
  deleted: Revision | null;
}

/** An edit, or with no text a deletion. */
export interface Change extends Revision {
  id: string;
  text: string | null;
  mentions: readonly string[];
}

/** A message as `/api/rooms/{room}/messages` gives it. */
export interface MessageEntry {
  id: string;
  time: number;
  author: string;
  text: string;
  reply_to?: string;
  mentions?: string[];
  moment?: Moment;
  edited?: Revision;
  deleted?: Revision;
}

const ID = /^[0-9a-z]{13}$/;
const TIME_CHARS = 9;
const SALT_CHARS = 4;
const SALTS = 36 ** SALT_CHARS;
const CRC_POLYNOMIAL = 0xedb88320;

function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? CRC_POLYNOMIAL : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The id of a message that has none, the same that the hub makes for it. */
function madeId(time: number, author: string, text: string): string {
  const salt = crc32(`${author}\n${text}`) % SALTS;
  return time.toString(36).padStart(TIME_CHARS, "0") + salt.toString(36).padStart(SALT_CHARS, "0");
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((name) => typeof name === "string") : [];
}

function momentOf(value: unknown): Moment | null {
  if (typeof value !== "object" || value === null) return null;
  const { position, device, key, time } = value as Record<string, unknown>;
  if (typeof position !== "string" || typeof device !== "string") return null;
  return {
    position,
    device,
    ...(typeof key === "string" ? { key } : {}),
    ...(typeof time === "number" ? { time } : {}),
  };
}

/** The message that an event on `chat/<room>` says; null where it is no message. */
export function messageOf({ time, data }: HubEvent): ChatMessage | null {
  const { text, author, id, reply_to: replyTo } = data;
  if (typeof text !== "string" || typeof author !== "string") return null;
  return {
    id: typeof id === "string" && ID.test(id) ? id : madeId(time, author, text),
    author,
    text,
    time,
    replyTo: typeof replyTo === "string" ? replyTo : null,
    mentions: names(data.mentions),
    moment: momentOf(data.moment),
    edited: null,
    deleted: null,
  };
}

/** A message that the API has given. */
export function messageOfEntry(entry: MessageEntry): ChatMessage {
  const { id, author, text, time, reply_to: replyTo = null, edited = null, deleted = null } = entry;
  const { mentions = [] } = entry;
  return { id, author, text, time, replyTo, mentions, moment: momentOf(entry.moment), edited, deleted };
}

/** The edit or deletion that an event on `chat/<room>` says; null where it is neither. */
export function changeOf({ time, received = time, data }: HubEvent): Change | null {
  const by = typeof data.by === "string" ? data.by : "";
  if (typeof data.delete === "string") return { id: data.delete, text: null, mentions: [], by, time: received };
  if (typeof data.edit !== "string" || typeof data.text !== "string") return null;
  return { id: data.edit, text: data.text, mentions: names(data.mentions), by, time: received };
}

/** What a change makes of a message; the same object where it is an older one that comes again. */
export function changed(message: ChatMessage, { text, mentions, by, time }: Change): ChatMessage {
  if (message.deleted !== null || (message.edited !== null && time <= message.edited.time)) return message;
  if (text !== null) return { ...message, text, mentions, edited: { by, time } };
  return { ...message, text: "", mentions: [], moment: null, deleted: { by, time } };
}

/** The one of two states of a message to which more was done. */
export function newer(one: ChatMessage, other: ChatMessage): ChatMessage {
  if (one.deleted !== null) return one;
  if (other.deleted !== null) return other;
  return (other.edited?.time ?? 0) > (one.edited?.time ?? 0) ? other : one;
}
