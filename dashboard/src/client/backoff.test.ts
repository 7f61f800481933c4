import { describe, expect, it } from "vitest";
import { backoffMs, MAX_BACKOFF_MS, MIN_BACKOFF_MS } from "./backoff.ts";

describe("backoffMs", () => {
  it.each([
    [0, 1000],
    [1, 2000],
    [2, 4000],
    [4, 16_000],
    [5, 20_000],
    [2000, 20_000],
  ])("after %d failures lies between 0.5 s and %d ms", (failures, most) => {
    expect(backoffMs(failures, () => 0)).toBe(MIN_BACKOFF_MS);
    expect(backoffMs(failures, () => 0.5)).toBe((MIN_BACKOFF_MS + most) / 2);
    expect(backoffMs(failures, () => 1 - Number.EPSILON)).toBe(most);
  });

  it("never is longer than 20 s", () => {
    expect(MAX_BACKOFF_MS).toBe(20_000);
  });
});
