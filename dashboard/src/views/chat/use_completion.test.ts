import { describe, expect, it } from "vitest";
import { begunName, matching } from "./use_completion.ts";

describe("a name being typed", () => {
  it.each([
    ["@", { typed: "", at: 1 }],
    ["hello @iv", { typed: "iv", at: 7 }],
    ["(@ив", { typed: "ив", at: 2 }],
  ])("is found in %s", (text, begun) => {
    expect(begunName(text, text.length)).toEqual(begun);
  });

  it.each(["anna@iv", "@ivan ", "hello", "a.@x", "@@x"])("is not found in %s", (text) => {
    expect(begunName(text, text.length)).toBeNull();
  });

  it("ends at the caret", () => {
    expect(begunName("@ivan and", 3)).toEqual({ typed: "iv", at: 1 });
  });

  it("fits names that begin with it, then those that have it in them", () => {
    expect(matching(["olivia", "Ivan", "anna"], "iv")).toEqual(["Ivan", "olivia"]);
    expect(matching(["a", "b", "c", "d", "e", "f", "g"], "")).toHaveLength(6);
  });
});
