import { describe, expect, it } from "vitest";
import { momentOfUrl, momentPath } from "./moment.ts";

const ORIGIN = "https://hub.example";

describe("a link to a moment", () => {
  it.each([
    { position: "k3v9-1041", device: "kitchen" },
    { position: "k3v9-1041", device: "цех 2%2Fpump%231", key: "flow rate" },
    { position: "k3v9-1041", device: "kitchen", time: 1_732_412_345_120 },
  ])("%j leads there and back", (moment) => {
    expect(momentOfUrl(` ${ORIGIN}${momentPath(moment)}\n`, ORIGIN)).toEqual(moment);
  });

  it.each([
    "kitchen",
    "/devices/kitchen?at=k-1",
    "https://other.example/devices/kitchen?at=k-1",
    `${ORIGIN}/devices/kitchen`,
  ])("is not %s", (text) => {
    expect(momentOfUrl(text, ORIGIN)).toBeNull();
  });

  it("has a position", () => {
    expect(momentOfUrl(`${ORIGIN}/devices/kitchen?at=javascript:1`, ORIGIN)).toBeNull();
    expect(momentOfUrl(`${ORIGIN}/chat/ops?at=k-1`, ORIGIN)).toBeNull();
  });
});
