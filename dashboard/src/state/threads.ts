/** Threads of a room: a message and all that answers it, or answers an answer. Pure. */

import type { ChatMessage } from "./chat_message.ts";

/** How many answers a message has, and when the newest came (ms since the epoch). */
export interface Answers {
  count: number;
  last: number;
}

/** The id of the message that each one's thread begins with, by the ids of those that are here, oldest first. */
function roots(messages: readonly ChatMessage[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { id, replyTo } of messages) found.set(id, replyTo === null ? id : (found.get(replyTo) ?? replyTo));
  return found;
}

/** The answers to each message that has any; deleted ones are not counted. */
export function answersOf(messages: readonly ChatMessage[]): Map<string, Answers> {
  const begins = roots(messages);
  const answers = new Map<string, Answers>();
  for (const { id, time, deleted } of messages) {
    const root = begins.get(id) as string;
    if (root === id || deleted !== null) continue;
    answers.set(root, { count: (answers.get(root)?.count ?? 0) + 1, last: time });
  }
  return answers;
}

/** The id of the message that the thread of a message begins with. */
export function rootOf(messages: readonly ChatMessage[], id: string): string {
  return roots(messages).get(id) ?? id;
}

/** The messages of the thread that begins with a message, oldest first, itself included where it is here. */
export function threadOf(messages: readonly ChatMessage[], root: string): ChatMessage[] {
  const begins = roots(messages);
  return messages.filter(({ id }) => begins.get(id) === root);
}
