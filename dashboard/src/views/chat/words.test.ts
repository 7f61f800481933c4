import { describe, expect, it } from "vitest";
import { byteLength, isRoomName, roomTopic } from "./limits.ts";
import { Words } from "./words.ts";

const words = new Words();

describe("Words", () => {
  it("finds links, code and names, and leaves all else text", () => {
    expect(words.of("see https://example.org/a?b=1. `pump-3` @anna <b>")).toEqual([
      { kind: "text", text: "see " },
      { kind: "link", text: "https://example.org/a?b=1", url: "https://example.org/a?b=1" },
      { kind: "text", text: ". " },
      { kind: "code", text: "pump-3" },
      { kind: "text", text: " " },
      { kind: "name", text: "@anna" },
      { kind: "text", text: " <b>" },
    ]);
  });

  it.each(["javascript:alert(1)", "data:text/html,x", "ftp://example.org", "//example.org/x", "`open", "a@b", ""])(
    "makes nothing of %s",
    (text) => {
      expect(words.of(text).filter(({ kind }) => kind !== "text")).toEqual([]);
      expect(
        words
          .of(text)
          .map((word) => word.text)
          .join(""),
      ).toBe(text);
    },
  );
});

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
    expect(isRoomName(" ")).toBe(false);
    expect(isRoomName("a\u0000b")).toBe(false);
    expect(isRoomName("x".repeat(300))).toBe(false);
  });

  it("count bytes as the hub does", () => {
    expect(byteLength("я👍")).toBe(6);
  });
});
