/** Unread messages: those of others behind a marker that are not deleted. */

import type { ChatMessage } from "./chat_message.ts";

/** The hub counts the last 500 messages of a room: this many means so many or more. */
export const MAX_UNREAD = 500;

/** Messages, and how many of them name the user. */
export interface Unread {
  readonly messages: number;
  readonly mentions: number;
}

export const NO_UNREAD: Unread = { messages: 0, mentions: 0 };

function behind(messages: readonly ChatMessage[], user: string, after: string): ChatMessage[] {
  return messages.filter(({ id, author, deleted }) => id > after && author !== user && deleted === null);
}

/** Counts those behind a marker, up to and with another id if one is given. */
export function countUnread(
  messages: readonly ChatMessage[],
  user: string,
  { after, upTo }: { after: string; upTo?: string },
): Unread {
  const unread = behind(messages, user, after).filter(({ id }) => upTo === undefined || id <= upTo);
  return { messages: unread.length, mentions: unread.filter(({ mentions }) => mentions.includes(user)).length };
}

/** What a room says of its unread messages, `before` those of which are not here. */
export function unreadWithin(
  messages: readonly ChatMessage[],
  user: string,
  { read, before }: { read: string; before: Unread },
): { unread: number; mentions: number; firstUnread: string | null } {
  const unread = behind(messages, user, read);
  const here = countUnread(unread, user, { after: "" });
  return {
    unread: Math.min(MAX_UNREAD, before.messages + here.messages),
    mentions: Math.min(MAX_UNREAD, before.mentions + here.mentions),
    firstUnread: unread[0]?.id ?? null,
  };
}
