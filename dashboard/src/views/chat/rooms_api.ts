/** The hub's chat rooms over HTTP (docs/chat.md); what is refused comes as ApiError. */

import type { MessageEntry, RoomEntry } from "../../state/index.ts";
import { request, send } from "../app/api.ts";

const ROOMS = "/api/rooms";

const pathOf = (level: string) => `${ROOMS}/${encodeURIComponent(level)}`;

/** What is to change of a room; what is left out stays. */
export interface RoomChange {
  title?: string;
  topic?: string;
  archived?: boolean;
}

export interface MessagePage {
  messages: MessageEntry[];
  /** What to give as `before` for those before them; null: there are none. */
  next: string | null;
}

/** The rooms that this user may read, with the counts of unread messages. */
export const loadRooms = async () => (await request<{ rooms: RoomEntry[] }>(ROOMS)).rooms;

/** A page of messages before one (the newest ones without), oldest first. */
export function loadMessages(level: string, page: { before: string | undefined; limit: number }): Promise<MessagePage> {
  const search = new URLSearchParams({ limit: String(page.limit) });
  if (page.before !== undefined) search.set("before", page.before);
  return request(`${pathOf(level)}/messages?${search}`);
}

export const makeRoom = (room: RoomChange & { room: string; members?: readonly string[] }) =>
  send<RoomEntry>("POST", ROOMS, room);

export const changeRoom = (level: string, change: RoomChange) => send<RoomEntry>("PATCH", pathOf(level), change);

export const invite = (level: string, users: readonly string[]) =>
  send<RoomEntry>("POST", `${pathOf(level)}/members`, { users });

/** Removes a member; oneself: leaves. */
export const removeMember = (level: string, user: string) =>
  send<void>("DELETE", `${pathOf(level)}/members/${encodeURIComponent(user)}`);
