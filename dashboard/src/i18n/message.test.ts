import { describe, expect, it } from "vitest";
import { formatMessage, namesIn, parseMessage } from "./message.ts";

const rules = new Intl.PluralRules("ru");
const grammar = { plural: (count: number) => rules.select(count), number: (count: number) => `<${count}>` };

function format(text: string, values: Record<string, string | number> = {}): string {
  return formatMessage(parseMessage(text), values, grammar);
}

describe("messages", () => {
  it("puts values in", () => {
    expect(format("Lost at {time}.", { time: "14:02" })).toBe("Lost at 14:02.");
    expect(format("{n} of {total}", { n: 1, total: 2 })).toBe("<1> of <2>");
    expect(format("")).toBe("");
  });

  it("shows what is missing", () => {
    expect(format("Lost at {time}.")).toBe("Lost at {time}.");
  });

  it.each([
    [1, "<1> тревога"],
    [3, "<3> тревоги"],
    [5, "<5> тревог"],
    [1.5, "<1.5> иначе"],
  ])("chooses the form of %d", (n, text) => {
    const message = "{n, plural, one {# тревога} few {# тревоги} many {# тревог} other {# иначе}}";
    expect(format(message, { n })).toBe(text);
  });

  it("falls back to other, and puts values into a form", () => {
    expect(format("{n, plural, other {# of {of}}}", { n: 1, of: "x" })).toBe("<1> of x");
  });

  it("knows the names in it", () => {
    expect([...namesIn(parseMessage("{a} {n, plural, one {{b}} other {# {c}}}"))]).toEqual(["a", "n", "b", "c"]);
  });

  it.each(["{a", "{a, select, x {y}}", "{n, plural, one {x}}"])("refuses %s", (text) => {
    expect(() => parseMessage(text)).toThrow(SyntaxError);
  });
});
