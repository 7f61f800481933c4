import { describe, expect, it } from "vitest";
import { Ring } from "./ring.ts";

const rows = (ring: Ring) => ring.columns().map((column) => [...column]);

describe("Ring", () => {
  it("gives its rows oldest first, and at most its capacity", () => {
    const ring = new Ring(2, 3);
    expect(rows(ring)).toEqual([[], []]);
    for (let i = 1; i <= 7; i++) {
      ring.push(i, i * 10);
      const kept = [i - 2, i - 1, i].filter((each) => each > 0);
      expect(rows(ring)).toEqual([kept, kept.map((each) => each * 10)]);
      expect(ring.length).toBe(kept.length);
    }
  });

  it("gives views, not copies", () => {
    const ring = new Ring(1, 4);
    ring.push(1);
    const [before] = ring.columns();
    const [after] = ring.columns();
    expect(before?.buffer).toBe(after?.buffer);
  });

  it("takes a number that is left out as NaN", () => {
    const ring = new Ring(2, 2);
    ring.push(1);
    expect(rows(ring)).toEqual([[1], [Number.NaN]]);
  });

  it.each([
    [
      "fewer rows",
      [
        [1, 2],
        [10, 20],
      ],
      [
        [1, 2],
        [10, 20],
      ],
    ],
    [
      "more rows than it keeps",
      [
        [1, 2, 3, 4],
        [10, 20, 30, 40],
      ],
      [
        [2, 3, 4],
        [20, 30, 40],
      ],
    ],
    [
      "a shorter column",
      [[1, 2], [10]],
      [
        [1, 2],
        [10, Number.NaN],
      ],
    ],
    ["nothing", [], [[], []]],
  ])("is replaced by %s", (_name, columns, expected) => {
    const ring = new Ring(2, 3);
    for (let i = 0; i < 5; i++) ring.push(i + 100, i + 200);
    ring.replace(columns);
    expect(rows(ring)).toEqual(expected);
    ring.push(9, 90);
    expect(rows(ring)[0]?.at(-1)).toBe(9);
  });
});
