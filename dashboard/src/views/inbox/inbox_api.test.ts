import { describe, expect, it } from "vitest";
import { ignoring, ignoringName, type MappingRecord, recordOf } from "./inbox_api.ts";

describe("a shape that is ignored", () => {
  it("has a mapping of its own, with a name that the hub takes", () => {
    expect(ignoringName("gh/+/air")).toBe("ignore-gh-air");
    expect(ignoringName("дом/+")).toBe("ignore-дом");
    expect(ignoringName("x".repeat(100))).toHaveLength(64);
    expect(ignoring("gh/+/air")).toMatchObject({ filter: "gh/+/air", ignore: true });
  });
});

describe("what the hub is told of a mapping", () => {
  const record: MappingRecord = { ...ignoring("gh/+"), device: "{2}", ignore: false };

  it("is the whole of one by members, without a family", () => {
    expect(recordOf(record)).toEqual({
      filter: "gh/+",
      device: "{2}",
      format: "json",
      values: [],
      time: null,
      ignore: false,
    });
  });

  it("is the topic alone of one to a family", () => {
    const toFamily = { ...record, family: "tasmota", topic: "tele/{2}/SENSOR" };
    expect(recordOf(toFamily)).toEqual({ filter: "gh/+", family: "tasmota", topic: "tele/{2}/SENSOR" });
  });
});
