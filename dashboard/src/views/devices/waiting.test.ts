import { describe, expect, it } from "vitest";
import { waitingOf } from "./waiting.ts";

describe("waitingOf", () => {
  it("keeps the newest of each device, and passes over other topics", () => {
    const samples = [{ data: { t: 1 } }, { data: { t: 2 } }];
    const first = waitingOf(new Map(), [
      { topic: "$quarantine/a", time: 1, data: { family: "json", messages: 2, samples } },
      { topic: "device/b", time: 1, data: {} },
    ]);
    expect([...first]).toEqual([["a", { family: "json", messages: 2, sample: '{"t":2}' }]]);
    const second = waitingOf(first, [{ topic: "$quarantine/b", time: 2, data: {} }]);
    expect(second.get("b")).toEqual({ family: "", messages: 0, sample: "{}" });
    expect(second.size).toBe(2);
    expect(first.size).toBe(1);
  });
});
