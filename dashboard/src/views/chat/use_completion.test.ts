import { describe, expect, it } from "vitest";
import { begunAt, matching } from "./use_completion.ts";

describe("a name being typed", () => {
  it.each([
    ["@", { kind: "name", typed: "", at: 1 }],
    ["hello @iv", { kind: "name", typed: "iv", at: 7 }],
    ["(@ив", { kind: "name", typed: "ив", at: 2 }],
    ["@ivan p", { kind: "name", typed: "ivan p", at: 1 }],
  ])("is found in %s", (text, begun) => {
    expect(begunAt(text, text.length)).toEqual(begun);
  });

  it.each(["anna@iv", "hello", "a.@x", "@@x"])("is not found in %s", (text) => {
    expect(begunAt(text, text.length)).toBeNull();
  });

  it("ends at the caret", () => {
    expect(begunAt("@ivan and", 3)).toEqual({ kind: "name", typed: "iv", at: 1 });
  });

  it("fits names that begin with it, then those that have it in them", () => {
    expect(matching(["olivia", "Ivan", "anna"], "iv")).toEqual(["Ivan", "olivia"]);
    expect(matching(["Ivan Petrov", "Ivan", "an Ivan P"], "ivan p")).toEqual(["Ivan Petrov"]);
    expect(matching(["Ivan", "Ivan Petrov"], "ivan")).toEqual([]);
    expect(matching(["a", "b", "c", "d", "e", "f", "g"], "")).toHaveLength(6);
  });
});

describe("a command being typed", () => {
  it.each([
    ["/", { kind: "slash", typed: "", at: 1 }],
    ["/mo", { kind: "slash", typed: "mo", at: 1 }],
    ["/cmd ", { kind: "device", typed: "", at: 5 }],
    ["/moment pump 3", { kind: "device", typed: "pump 3", at: 8 }],
  ])("%s", (text, begun) => {
    expect(begunAt(text, text.length)).toEqual(begun);
  });

  it.each(["a /", "/Cmd", "/dance x"])("is not %s", (text) => {
    expect(begunAt(text, text.length)).toBeNull();
  });
});
