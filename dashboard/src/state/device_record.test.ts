import { describe, expect, it } from "vitest";
import { NO_RECORD, readRecord } from "./device_record.ts";

describe("readRecord", () => {
  it("reads what the hub tells", () => {
    const told = {
      version: 3,
      name: "Kitchen",
      tags: ["a"],
      location: "here",
      notes: "n",
      interval_s: 10,
      zone: "Asia/Tokyo",
    };
    expect(readRecord({ ...told, approved: true, merged_into: "hall", forgotten: 7, by: "anna" })).toEqual({
      version: 3,
      name: "Kitchen",
      tags: ["a"],
      location: "here",
      notes: "n",
      interval_s: 10,
      zone: "Asia/Tokyo",
      approved: true,
      mergedInto: "hall",
      forgotten: 7,
    });
  });

  it("takes what is none for nothing", () => {
    const broken = { version: "3", name: 1, tags: "a", location: null, notes: [], interval_s: "10", zone: 5 };
    expect(readRecord({ ...broken, approved: 1, merged_into: 2, forgotten: true })).toEqual(NO_RECORD);
    expect(readRecord({ tags: ["a", 1] }).tags).toEqual(["a"]);
  });
});
