import { describe, expect, it } from "vitest";
import { Decimals, decimalsOf, learnDecimals, Numbers } from "./number.ts";

const THIN = " ";

describe("learnDecimals", () => {
  it.each([
    [0, 21, 0],
    [0, 21.5, 1],
    [1, 21.55, 2],
    [2, 21.5, 2],
    [0, 0.123456, 3],
    [0, 1e-7, 3],
    [1, Number.NaN, 1],
    [3, 1.23456, 3],
    [0, -0.25, 2],
  ])("after %d decimals and %d there are %d", (learned, value, expected) => {
    expect(learnDecimals(learned, value)).toBe(expected);
  });
});

describe("decimalsOf", () => {
  it.each([
    [20, 0],
    [2.5, 1],
    [0.25, 2],
    [0.1, 1],
    [0.0005, 4],
    [1e-9, 6],
  ])("a step of %d needs %d decimals", (step, expected) => {
    expect(decimalsOf(step)).toBe(expected);
  });
});

describe("Decimals", () => {
  it("remembers the most that a series has sent, and leaves others alone", () => {
    const decimals = new Decimals();
    const [kitchen, cellar] = [{}, {}];
    expect(decimals.of(kitchen, 21.55)).toBe(2);
    expect(decimals.of(kitchen, 22)).toBe(2);
    expect(decimals.of(kitchen, "off")).toBe(2);
    expect(decimals.of(cellar, 22)).toBe(0);
  });
});

describe("Numbers", () => {
  const english = new Numbers("en-GB");
  const russian = new Numbers("ru");

  it.each([
    [9.4, 1, "9.4"],
    [9, 2, "9.00"],
    [-18.2, 1, "−18.2"],
    [14532.21, 2, "14,532.21"],
    [999_999_999_999, 0, "999,999,999,999"],
    [1_234_567_890_123, 0, "1.2346E12"],
    [0.0000001, 3, "1E−7"],
    [0, 0, "0"],
    [Number.NaN, 0, "“NaN”"],
    [Number.POSITIVE_INFINITY, 0, "“inf”"],
    [Number.NEGATIVE_INFINITY, 0, "“−inf”"],
  ])("writes %d with %d decimals as %s", (value, decimals, text) => {
    expect(english.format(value, decimals)).toBe(text);
  });

  it("follows the locale", () => {
    expect(russian.measure(9.4, 1, "bar")).toBe(`9,4${THIN}bar`);
    expect(russian.format(1234.5, 1).replace(/\s/u, " ")).toBe("1 234,5");
  });

  it("puts a narrow space before a unit, but none before a sign of angle", () => {
    expect(english.measure(45, 0, "°C")).toBe(`45${THIN}°C`);
    expect(english.measure(45, 0, "°")).toBe("45°");
    expect(english.measure(45, 0, undefined)).toBe("45");
    expect(english.measure(45, 0, "")).toBe("45");
  });
});
