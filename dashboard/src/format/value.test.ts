import { describe, expect, it } from "vitest";
import en from "../i18n/en.json";
import { Language } from "../i18n/language.ts";
import { Numbers } from "./number.ts";
import { axisUnit } from "./unit.ts";
import { writeValue } from "./value.ts";

const language = new Language("en", en);
const numbers = new Numbers("en-GB");

function write(value: unknown, key = "x", unit?: string): { text: string; kind: string } {
  return writeValue(value, { key, decimals: 1, unit, numbers, language });
}

describe("writeValue", () => {
  it.each([
    [21.5, "temperature", "21.5", "number"],
    [true, "relay", "on", "boolean"],
    [false, "relay", "off", "boolean"],
    [true, "front_door", "open", "boolean"],
    [true, "contact", "closed", "boolean"],
    [false, "contact", "open", "boolean"],
    [true, "occupancy", "detected", "boolean"],
    [false, "battery_low", "no", "boolean"],
    ["auto", "mode", "auto", "text"],
    ["NaN", "temperature", "“NaN”", "text"],
    ["-inf", "temperature", "“-inf”", "text"],
    ["", "mode", "–", "none"],
    [null, "mode", "–", "none"],
    [undefined, "mode", "–", "none"],
    [{ a: 1 }, "mode", '{"a":1}', "text"],
  ])("writes %j of %s as %s", (value, key, text, kind) => {
    expect(write(value, key)).toEqual({ text, kind });
  });

  it("gives numbers their unit", () => {
    expect(write(21.5, "temperature", "°C").text).toMatch(/^21\.5\s°C$/u);
  });
});

describe("axisUnit", () => {
  it.each([
    ["W", 900, 1, "W"],
    ["W", 1200, 1e3, "kW"],
    ["W", 2.5e6, 1e6, "MW"],
    ["Hz", 5e9, 1e9, "GHz"],
    ["°C", 5000, 1, "°C"],
    ["", 5000, 1, ""],
  ])("an axis of %s up to %d", (unit, most, factor, shown) => {
    expect(axisUnit(unit, most)).toEqual({ factor, unit: shown });
  });
});
