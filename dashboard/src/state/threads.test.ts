import { describe, expect, it } from "vitest";
import type { ChatMessage } from "./chat_message.ts";
import { answersOf, rootOf, threadOf } from "./threads.ts";

function said(id: string, replyTo: string | null = null, deleted = false): ChatMessage {
  const done = deleted ? { by: "anna", time: 9 } : null;
  return {
    id,
    author: "anna",
    text: id,
    time: Number(id),
    replyTo,
    mentions: [],
    moment: null,
    edited: null,
    deleted: done,
  };
}

const TALK = [
  said("1"),
  said("2"),
  said("3", "1"),
  said("4", "3"),
  said("5", "0"),
  said("6", "4", true),
  said("7", "5"),
];

describe("threads", () => {
  it("hold the answers to answers too, and begin with the first message", () => {
    expect(threadOf(TALK, "1").map(({ id }) => id)).toEqual(["1", "3", "4", "6"]);
    expect(rootOf(TALK, "4")).toBe("1");
    expect(rootOf(TALK, "2")).toBe("2");
  });

  it("begin with a message that is not here where it is too old", () => {
    expect(threadOf(TALK, "0").map(({ id }) => id)).toEqual(["5", "7"]);
    expect(rootOf(TALK, "7")).toBe("0");
    expect(rootOf(TALK, "9")).toBe("9");
  });

  it("count the answers that are not deleted, and know the newest of them", () => {
    expect(Object.fromEntries(answersOf(TALK))).toEqual({ 1: { count: 2, last: 4 }, 0: { count: 2, last: 7 } });
  });
});
