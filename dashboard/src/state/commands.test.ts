import { describe, expect, it } from "vitest";
import { type Command, isUndecided, takeStep, typedValue } from "./commands.ts";

const step = (id: string, version: number, state: Command["state"] = "queued"): Command => ({
  id,
  device: "plug1",
  state,
  version,
  name: "POWER",
  by: "anna",
  created: 0,
});

describe("commands", () => {
  it("shows the newest command first, as its newest step tells it", () => {
    let commands = takeStep([], step("a", 1));
    commands = takeStep(commands, step("b", 1));
    commands = takeStep(commands, step("a", 3, "sent"));
    expect(commands.map(({ id, state }) => [id, state])).toEqual([
      ["b", "queued"],
      ["a", "sent"],
    ]);
    expect(takeStep(commands, step("a", 3, "failed"))).toBe(commands);
  });

  it("keeps the newest", () => {
    let commands: readonly Command[] = [];
    for (let number = 100; number < 160; number++) commands = takeStep(commands, step(String(number), 1));
    expect(commands.length).toBe(50);
    expect(commands[0]?.id).toBe("159");
  });

  it("may be taken back until it is sent", () => {
    expect(isUndecided(step("a", 1, "waiting"))).toBe(true);
    expect(isUndecided(step("a", 1, "sending"))).toBe(false);
  });

  it("reads what was typed as JSON where it is", () => {
    expect(typedValue("21.5")).toBe(21.5);
    expect(typedValue('{"a":1}')).toEqual({ a: 1 });
    expect(typedValue("ON")).toBe("ON");
    expect(typedValue(" ")).toBeUndefined();
  });
});
