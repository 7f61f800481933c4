import { describe, expect, it } from "vitest";
import { byteLength, isRoomName, roomTopic } from "./limits.ts";

describe("rooms", () => {
  it.each([
    ["ops", "chat/ops"],
    ["lab/1 + x#%", "chat/lab%2F1 %2B x%23%25"],
    ["ночь", "chat/ночь"],
  ])("%s is the topic %s", (name, topic) => {
    expect(roomTopic(name)).toBe(topic);
  });

  it("need a name", () => {
    expect(isRoomName("ops")).toBe(true);
    expect(isRoomName("x".repeat(63))).toBe(true);
    for (const name of [" ", "a\u0000b", "x".repeat(64), "~ops"]) expect(isRoomName(name)).toBe(false);
  });

  it("count bytes as the hub does", () => {
    expect(byteLength("я👍")).toBe(6);
  });
});
