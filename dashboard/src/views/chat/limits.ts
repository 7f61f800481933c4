/** What the hub takes as a message (docs/protocol.md). */
export const MAX_TEXT_BYTES = 4096;
/** From here on the writer is told how much is left. */
export const TELL_FROM_BYTES = 3_500;

/** The size of a text on the wire. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

/** The level of a topic for the name of a room: what MQTT or the encoding gives a meaning is percent-encoded. */
export function roomTopic(name: string): string {
  return `chat/${name.replace(/[/+#%\p{Cc}]/gu, encodeURIComponent)}`;
}

/** Whether a room can have this name. */
export function isRoomName(name: string): boolean {
  return name.trim() !== "" && !FORBIDDEN.test(name) && byteLength(roomTopic(name)) <= 256;
}
