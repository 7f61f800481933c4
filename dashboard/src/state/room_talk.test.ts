import { describe, expect, it } from "vitest";
import type { HubEvent } from "../client/index.ts";
import { type ChatMessage, messageOf } from "./chat_message.ts";
import { MAX_MESSAGES, MAX_READ_MESSAGES, Talk } from "./room_talk.ts";

const id = (n: number) => n.toString(36).padStart(13, "0");

function said(n: number, text = `${n}`): HubEvent {
  return { topic: "chat/ops", time: n, data: { text, author: "ivan", id: id(n) } };
}

const edit = (n: number, text: string, received: number): HubEvent => ({
  topic: "chat/ops",
  time: n,
  received,
  data: { edit: id(n), text, by: "ivan" },
});

const live = (talk: Talk, ...events: HubEvent[]) => talk.take(events, { snapshot: false });
const load = (talk: Talk, ...events: HubEvent[]) => talk.take(events, { snapshot: true });
const page = (...numbers: number[]) => numbers.map((n) => messageOf(said(n)) as ChatMessage);
const texts = (talk: Talk) => talk.messages.map(({ text }) => text);
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

describe("Talk", () => {
  it("has each message once, in the order of the ids, and another array after each change", () => {
    const talk = new Talk();
    expect(talk.first).toBeUndefined();
    expect(live(talk, said(2), said(1))).toBe(true);
    const before = talk.messages;
    expect(load(talk, said(2), said(3))).toBe(true);
    expect(texts(talk)).toEqual(["1", "2", "3"]);
    expect(talk.messages).not.toBe(before);
    expect([talk.first?.time, talk.last?.time, talk.get(id(2))?.text]).toEqual([1, 3, "2"]);
    expect(talk.take([], { snapshot: true })).toBe(false);
  });

  it("has what edits have made of messages, also where they come before the message", () => {
    const talk = new Talk();
    live(talk, said(2), edit(2, "two", 9));
    expect(live(talk, edit(2, "old", 8))).toBe(false);
    expect(live(talk, edit(1, "one", 9))).toBe(false);
    talk.prepend(page(0, 1), { complete: true });
    expect(texts(talk)).toEqual(["0", "one", "two"]);
    expect(talk.complete).toBe(true);
  });

  it("keeps the newest, more of them while it is read", () => {
    const talk = new Talk();
    talk.prepend([], { complete: true });
    live(talk, ...numbers(1000, MAX_MESSAGES + 3).map((n) => said(n)));
    expect([talk.messages.length, talk.first?.time, talk.complete]).toEqual([MAX_MESSAGES, 1003, false]);
    talk.hold();
    talk.prepend(page(...numbers(900, 103)), { complete: true });
    expect([talk.messages.length, talk.complete]).toEqual([MAX_MESSAGES + 103, true]);
    talk.release();
    expect([talk.messages.length, talk.first?.time, talk.complete]).toEqual([MAX_MESSAGES, 1003, false]);
    expect(MAX_READ_MESSAGES).toBeGreaterThan(MAX_MESSAGES);
  });

  it("lets go what a snapshot does not join to, where events may have been missed", () => {
    const talk = new Talk();
    live(talk, said(1), said(2));
    talk.miss();
    load(talk, said(2), said(3));
    expect(texts(talk)).toEqual(["1", "2", "3"]);
    load(talk, said(8));
    expect(texts(talk)).toEqual(["1", "2", "3", "8"]);
    talk.prepend([], { complete: true });
    talk.miss();
    load(talk, said(20), said(21));
    load(talk, said(22));
    expect(texts(talk)).toEqual(["20", "21", "22"]);
    expect(talk.complete).toBe(false);
  });
});
