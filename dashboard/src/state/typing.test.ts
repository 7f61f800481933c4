import { describe, expect, it } from "vitest";
import { TYPING_MS, Typing, TypingPace } from "./typing.ts";

describe("Typing", () => {
  it("believes a notice for a while, each user once", () => {
    const typing = new Typing();
    typing.seen("chat/ops", "ivan", 0);
    typing.seen("chat/ops", "olga", 10);
    typing.seen("chat/ops", "ivan", 1_000);
    expect(typing.users("chat/ops", 1_000)).toEqual(["ivan", "olga"]);
    expect(typing.users("chat/ops", TYPING_MS + 10)).toEqual(["ivan"]);
    expect(typing.users("chat/ops", TYPING_MS + 1_000)).toEqual([]);
    expect(typing.users("chat/ops", TYPING_MS + 1_000)).toEqual([]);
    expect(typing.users("chat/night", 0)).toEqual([]);
  });

  it("forgets who has said it", () => {
    const typing = new Typing();
    typing.seen("chat/ops", "ivan", 0);
    expect(typing.done("chat/night", "ivan")).toBe(false);
    expect(typing.done("chat/ops", "ivan")).toBe(true);
    expect(typing.done("chat/ops", "ivan")).toBe(false);
    expect(typing.users("chat/ops", 1)).toEqual([]);
  });
});

describe("TypingPace", () => {
  it("lets one notice in 2.5 s through", () => {
    const pace = new TypingPace();
    expect([0, 1_000, 2_499, 2_500, 2_501].map((now) => pace.due(now))).toEqual([true, false, false, true, false]);
  });
});
