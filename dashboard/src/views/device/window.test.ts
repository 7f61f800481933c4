import { describe, expect, it } from "vitest";
import { formatView, parseView } from "./window.ts";

describe("the view of a device", () => {
  it.each([
    [{ keys: null, window: "15m" }, ""],
    [{ keys: null, window: "6h" }, "?last=6h"],
    [{ keys: ["a,b", "100%"], window: "15m" }, "?keys=a%252Cb%2C100%2525"],
  ] as const)("%j goes both ways", (view, search) => {
    expect(formatView(view)).toBe(search);
    expect(parseView(Object.fromEntries(new URLSearchParams(search)))).toEqual(view);
  });

  it("takes the default for what it does not know, and can show no chart", () => {
    expect(parseView({ last: "1y" })).toEqual({ keys: null, window: "15m" });
    expect(parseView({ keys: "" })).toEqual({ keys: [], window: "15m" });
    expect(parseView({ keys: "a%" })).toEqual({ keys: ["a%"], window: "15m" });
  });
});
