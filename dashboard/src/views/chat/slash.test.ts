import { describe, expect, it } from "vitest";
import { slashOf } from "./slash.ts";

const DEVICES = [
  { id: "pump", name: "pump" },
  { id: "pump 3", name: "Pump in the cellar" },
  { id: "lamp", name: "lamp" },
];

describe("a slash command", () => {
  it.each([
    ["/cmd pump stop", { kind: "cmd", device: "pump", name: "stop", value: undefined }],
    ["/cmd pump 3 speed 40", { kind: "cmd", device: "pump 3", name: "speed", value: 40 }],
    ["/cmd Pump in the cellar on true ", { kind: "cmd", device: "pump 3", name: "on", value: true }],
    ['/cmd lamp set {"a": 1}', { kind: "cmd", device: "lamp", name: "set", value: { a: 1 } }],
    ["/cmd lamp say two words", { kind: "cmd", device: "lamp", name: "say", value: "two words" }],
    ["/moment lamp", { kind: "moment", device: "lamp", rest: "" }],
    ["/moment lamp why?", { kind: "moment", device: "lamp", rest: "why?" }],
  ])("%s", (text, slash) => {
    expect(slashOf(text, DEVICES)).toEqual(slash);
  });

  it.each(["/cmd", "/cmd pump", "/cmd lampshade on", "/cmd nobody on", "/moment", "/dance lamp now"])(
    "is not sent where its form is wrong: %s",
    (text) => {
      expect(slashOf(text, DEVICES)).toMatchObject({ kind: "wrong" });
    },
  );

  it.each(["look: /cmd pump stop", " /cmd pump stop", "/", "//", "/5 of them", "/etc/hosts", "hello"])(
    "is only text: %s",
    (text) => {
      expect(slashOf(text, DEVICES)).toBeNull();
    },
  );
});
