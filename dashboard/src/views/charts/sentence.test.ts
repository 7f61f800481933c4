import { describe, expect, it } from "vitest";
import { extentOf, stickyRange } from "./sentence.ts";

const columns = { times: Float64Array.from([1, 2, 3, 4]), values: Float64Array.from([5, 9, 1, 7]) };

describe("extentOf", () => {
  it("looks between two times only", () => {
    expect(extentOf(columns, 0, 9)).toEqual({ min: 1, max: 9, last: 7 });
    expect(extentOf(columns, 2, 2)).toEqual({ min: 9, max: 9, last: 9 });
    expect(extentOf(columns, 5, 9)).toBeNull();
  });
});

describe("stickyRange", () => {
  it("gives air, and height to a line that is level", () => {
    expect(stickyRange({ min: 0, max: 10, last: 5 }, null)).toEqual([-1, 11]);
    expect(stickyRange({ min: 20, max: 20, last: 20 }, null)).toEqual([18, 22]);
    expect(stickyRange({ min: 0, max: 0, last: 0 }, null)).toEqual([-1, 1]);
  });

  it("stays while the values fit and do not leave half of it empty", () => {
    expect(stickyRange({ min: 1, max: 9, last: 5 }, [-1, 11])).toEqual([-1, 11]);
    expect(stickyRange({ min: 1, max: 12, last: 5 }, [-1, 11])[1]).toBeGreaterThan(12);
    expect(stickyRange({ min: 4, max: 5, last: 5 }, [-1, 11])).toEqual([3.9, 5.1]);
  });

  it("has something to show for nothing", () => {
    expect(stickyRange(null, null)).toEqual([0, 1]);
    expect(stickyRange(null, [2, 3])).toEqual([2, 3]);
  });
});
