import { describe, expect, it } from "vitest";
import golden from "../../../tests/golden/predicates.json";
import { holds, keysOf, type Predicate } from "./predicate.ts";

describe("a condition", () => {
  it.each(golden)("$where of $data: $holds", ({ where, data, holds: expected }) => {
    expect(holds(where as Predicate, data as Record<string, unknown>)).toBe(expected);
  });

  it("names the keys that it may look at", () => {
    const where: Predicate = {
      and: [
        { key: "a", op: "gt", value: 1 },
        { or: [{ key: "b.c", op: "exists" }, { not: { key: "d", op: "eq", value: 1 } }] },
      ],
    };
    expect(new Set(keysOf(where))).toEqual(new Set(["a", "b", "b.c", "d"]));
  });
});
