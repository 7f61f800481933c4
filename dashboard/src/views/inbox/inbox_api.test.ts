import { describe, expect, it } from "vitest";
import { ignoring, ignoringName } from "./inbox_api.ts";

describe("a shape that is ignored", () => {
  it("has a mapping of its own, with a name that the hub takes", () => {
    expect(ignoringName("gh/+/air")).toBe("ignore-gh-air");
    expect(ignoringName("дом/+")).toBe("ignore-дом");
    expect(ignoringName("x".repeat(100))).toHaveLength(64);
    expect(ignoring("gh/+/air")).toMatchObject({ filter: "gh/+/air", ignore: true });
  });
});
