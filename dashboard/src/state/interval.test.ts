import { describe, expect, it } from "vitest";
import { type Interval, learnInterval, NO_INTERVAL, trustedMs } from "./interval.ts";

const learn = (...steps: number[]): Interval => steps.reduce(learnInterval, NO_INTERVAL);

describe("learnInterval", () => {
  it("promises nothing before three steps, then the longest of them", () => {
    expect(trustedMs(NO_INTERVAL)).toBeNull();
    expect(trustedMs(learn(2, 60_000))).toBeNull();
    expect(trustedMs(learn(2, 60_000, 3))).toBe(60_000);
  });

  it.each([0, -5, Number.NaN])("does not count a step of %d", (step) => {
    expect(learn(1000, step, 1000)).toEqual({ ms: 1000, steps: 2 });
  });

  it("follows a longer step by half, and an outage only as four of the known", () => {
    expect(learn(1000, 1000, 1000, 2000).ms).toBe(1500);
    expect(learn(1000, 1000, 1000, 86_400_000).ms).toBe(2500);
  });

  it("follows a shorter step by an eighth", () => {
    expect(learn(1000, 1000, 1000, 200).ms).toBe(900);
  });

  it("keeps the rhythm of bursts", () => {
    const bursts = Array.from({ length: 20 }, () => [5, 5, 60_000]).flat();
    expect(learn(...bursts).ms).toBeGreaterThan(40_000);
  });
});
