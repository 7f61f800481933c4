import { describe, expect, it } from "vitest";
import { namesIn } from "./names.ts";

const KNOWN = ["anna", "Ivan Petrov", "oleg"];

describe("names in a list", () => {
  it.each([
    ["anna, @oleg;stranger", ["anna", "oleg", "stranger"]],
    ["ivan petrov, Maria de la Cruz", ["Ivan Petrov", "Maria de la Cruz"]],
    ["anna @oleg", ["anna", "oleg"]],
    ["anna stranger", ["anna stranger"]],
    ["anna, anna", ["anna"]],
    [" , ;@", []],
  ])("%s", (list, names) => {
    expect(namesIn(list, KNOWN)).toEqual(names);
  });
});
