import { describe, expect, it } from "vitest";
import golden from "../../../tests/golden/frames.json";
import { type EventBlock, EventBlocks } from "./event_blocks.ts";

function read(...pieces: string[]): EventBlock[] {
  const blocks = new EventBlocks();
  return pieces.flatMap((piece) => blocks.push(piece));
}

describe("EventBlocks", () => {
  it("reads name, id and data", () => {
    expect(read("event: events\nid: k3v9-1042\ndata: {}\n\n")).toEqual([
      { event: "events", id: "k3v9-1042", data: "{}" },
    ]);
  });

  it.each([
    ["a block without a name or an id", "data: a\n\n", { event: "message", id: null, data: "a" }],
    ["several lines of data", "data: a\ndata:b\n\n", { event: "message", id: null, data: "a\nb" }],
    ["a field without a value", "data\n\n", { event: "message", id: null, data: "" }],
    ["only the first space as no part of the value", "data:  a\n\n", { event: "message", id: null, data: " a" }],
    ["lines that end as on other systems", "data: a\r\rdata: b\r\n\r\n", { event: "message", id: null, data: "a" }],
  ])("reads %s", (_name, text, block) => {
    expect(read(text)[0]).toEqual(block);
  });

  it("passes over comments, unknown fields and blocks without data", () => {
    expect(read("retry: 1000\n:\n\n", ": hello\n\n", "event: gone\nid: 7\n\n", "data: a\n\n")).toEqual([
      { event: "message", id: null, data: "a" },
    ]);
  });

  it("takes an end of line that is cut in two as one, whatever comes between", () => {
    expect(read("data: a\r", "", "\ndata: b\r", "\n\r\n")).toEqual([{ event: "message", id: null, data: "a\nb" }]);
  });

  it("gives nothing of a block that does not end", () => {
    expect(read("data: a\n")).toEqual([]);
  });

  it.each(["\n", "\r\n", "\r"])("reads the golden frames cut anywhere, with %j at the ends of lines", (end) => {
    const frames = golden.filter(({ direction }) => direction === "server").map((each) => JSON.stringify(each.frame));
    const text = frames.map((frame) => `event: frame${end}id: a-1${end}data: ${frame}${end}${end}`).join("");
    for (const size of [1, 2, 7, 64]) {
      const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
        text.slice(i * size, (i + 1) * size),
      );
      expect(read(...pieces, "data: end").map(({ data }) => data)).toEqual(frames);
    }
  });
});
