import { describe, expect, it } from "vitest";
import { formatView, parseAt, parseView, stretchAround } from "./window.ts";

describe("the view of a device", () => {
  it.each([
    [{ keys: null, window: "15m", at: null }, ""],
    [{ keys: null, window: "6h", at: null }, "?last=6h"],
    [{ keys: ["a,b", "100%"], window: "15m", at: null }, "?keys=a%252Cb%2C100%2525"],
    [{ keys: null, window: "1h", at: { time: 1_732_412_345_123 } }, "?at=1732412345123&last=1h"],
    [{ keys: null, window: "15m", at: { position: "k3v9-1041" } }, "?at=k3v9-1041"],
    [{ keys: null, window: "15m", at: { position: "k3v9-7", time: 9 } }, "?at=k3v9-7&time=9"],
  ] as const)("%j goes both ways", (view, search) => {
    expect(formatView(view)).toBe(search);
    expect(parseView(Object.fromEntries(new URLSearchParams(search)))).toEqual(view);
  });

  it("takes the default for what it does not know, and can show no chart", () => {
    expect(parseView({ last: "1y" })).toEqual({ keys: null, window: "15m", at: null });
    expect(parseView({ keys: "" })).toEqual({ keys: [], window: "15m", at: null });
    expect(parseView({ keys: "a%" })).toEqual({ keys: ["a%"], window: "15m", at: null });
  });

  it("shows the key that a link to a moment names, until others are chosen", () => {
    expect(parseView({ at: "k3v9-1", key: "a,b" }).keys).toEqual(["a,b"]);
    expect(parseView({ at: "k3v9-1", key: "a", keys: "b" }).keys).toEqual(["b"]);
  });

  it.each(["", "now", "-5", "k3v9-", "k3v9-x", "1.5", "9".repeat(16)])("is now where %j is no moment", (at) => {
    expect(parseAt({ at, time: "7" })).toBeNull();
  });

  it("passes over a time that is none", () => {
    expect(parseAt({ at: "k3v9-7", time: "noon" })).toEqual({ position: "k3v9-7" });
  });
});

describe("the stretch around a moment", () => {
  it.each([
    ["in the past", 1_000, 10_000, { from: 900, to: 1_100 }],
    ["of just now", 1_000, 1_030, { from: 830, to: 1_030 }],
    ["ahead of the clock", 1_000, 900, { from: 800, to: 1_000 }],
  ])("%s", (_, moment, now, stretch) => {
    expect(stretchAround(moment, 200, now)).toEqual(stretch);
  });
});
