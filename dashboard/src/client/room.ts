/** What can be done in a chat room (docs/chat.md). All reject as `publish` does. */

import type { Connection } from "./connection.ts";
import { toLevel } from "./topics.ts";

/** A place on the log, and the device it is about; `time` is when it was by the hub's clock, ms since the epoch. */
export interface Moment {
  position: string;
  device: string;
  key?: string;
  time?: number;
}

export interface RoomChange {
  title?: string;
  topic?: string;
  archived?: boolean;
  invite?: readonly string[];
  remove?: readonly string[];
  leave?: true;
}

type Published = Promise<{ position: string }>;

/** Says something in a room, perhaps as an answer to the message of an id. */
export function say(
  connection: Connection,
  room: string,
  text: string,
  { replyTo, moment }: { replyTo?: string; moment?: Moment } = {},
): Published {
  const answers = replyTo === undefined ? {} : { reply_to: replyTo };
  return connection.publish(`chat/${room}`, { text, ...answers, ...(moment === undefined ? {} : { moment }) });
}

/** Puts another text in the place of one's own message. */
export function edit(connection: Connection, room: string, id: string, text: string): Published {
  return connection.publish(`chat/${room}`, { edit: id, text });
}

/** Deletes one's own message, or as an admin anybody's. */
export function remove(connection: Connection, room: string, id: string): Published {
  return connection.publish(`chat/${room}`, { delete: id });
}

/** Says that the user has read a room up to the message of an id. */
export function markRead(connection: Connection, user: string, room: string, id: string): Published {
  return connection.publish(`$read/${toLevel(user)}/${room}`, { id });
}

/** Changes what a room is, or makes a private one. */
export function changeRoom(connection: Connection, room: string, change: RoomChange): Published {
  return connection.publish(`room/${room}`, { ...change });
}
