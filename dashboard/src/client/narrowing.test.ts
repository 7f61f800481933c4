import { describe, expect, it } from "vitest";
import { Narrowing, PLAIN } from "./narrowing.ts";
import { event } from "./testing/fake_hub.ts";

const hot = { key: "t", op: "gt", value: 30 } as const;

describe("Narrowing", () => {
  it("that asks for nothing lets everything through as it is", () => {
    const events = [event("telemetry/a", 1, { t: 1 })];
    expect(PLAIN.select(events)).toBe(events);
    expect(PLAIN.wire).toEqual({});
  });

  it("takes what satisfies the condition, and of telemetry the keys", () => {
    const narrowing = new Narrowing({ where: hot, fields: ["u"], maxRate: 5 });
    const events = [
      event("telemetry/a", 1, { t: 31, u: 1 }),
      event("telemetry/a", 2, { t: 30, u: 2 }),
      event("telemetry/a", 3, { t: 32 }),
      event("chat/ops", 4, { t: 33, text: "whole" }),
    ];
    expect(narrowing.select(events).map(({ data }) => data)).toEqual([{ u: 1 }, { t: 33, text: "whole" }]);
  });

  it("asks the hub for the keys of its condition too, as long as they have room", () => {
    expect(new Narrowing({ where: hot, fields: ["u"] }).wire).toEqual({ where: hot, fields: ["t", "u"] });
    expect(new Narrowing({ fields: ["u", "t", "u"] }).key).toBe(new Narrowing({ fields: ["t", "u"] }).key);
    const fields = Array.from({ length: 64 }, (_, i) => `k${i}`);
    expect(new Narrowing({ where: hot, fields }).wire).toEqual({ where: hot });
  });

  it("does not judge what stands merged, but cuts it", () => {
    const conflated = { count: 2, from: 1, min: { t: 1 }, max: { t: 40 } };
    const merged = { ...event("telemetry/a", 2, { t: 1, u: 1 }), conflated };
    expect(new Narrowing({ where: hot, fields: ["t"] }).select([merged])).toEqual([{ ...merged, data: { t: 1 } }]);
  });
});
