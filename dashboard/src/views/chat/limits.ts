import { toLevel } from "../../client/index.ts";

/** What the hub takes as a message and as a room (docs/chat.md). */
export const MAX_TEXT_BYTES = 4096;
export const MAX_NAME_CHARS = 64;
export const MAX_TITLE_CHARS = 80;
export const MAX_TOPIC_CHARS = 500;
/** From here on the writer is told how much is left. */
export const TELL_FROM_BYTES = 3_500;

/** The size of a text on the wire. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

/** The topic of a room's messages. */
export function roomTopic(name: string): string {
  return `chat/${toLevel(name)}`;
}

/** Whether a room can have this name, without the sign of a private one. */
export function isRoomName(name: string): boolean {
  return name.trim() !== "" && !FORBIDDEN.test(name) && !name.startsWith("~") && toLevel(name).length < MAX_NAME_CHARS;
}
