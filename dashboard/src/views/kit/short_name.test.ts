import { describe, expect, it } from "vitest";
import { shortNames } from "./short_name.ts";

function names(...keys: string[]): string[] {
  return [...shortNames(keys).values()];
}

describe("shortNames", () => {
  it.each([
    ["ENERGY.Power", "Power"],
    ["sensor/outside/temperature", "temperature"],
    ["running_state", "running state"],
    ["local_temperature", "temperature"],
    ["occupied_heating_setpoint", "setpoint"],
    ["current", "current"],
    ["local_", "local "],
    ["switch:0.apower", "apower"],
    ["temps.0", "temps.0"],
    ["0", "0"],
    ["a.0.1", "a.0.1"],
    ["trailing.", "trailing."],
  ])("%s is %s", (key, short) => {
    expect(names(key)).toEqual([short]);
  });

  it("keeps the whole path of keys that would read the same", () => {
    expect(names("AM2301.Temperature", "DS18B20.Temperature", "AM2301.Humidity")).toEqual([
      "AM2301.Temperature",
      "DS18B20.Temperature",
      "Humidity",
    ]);
  });

  it("keeps qualifiers where they tell two keys apart", () => {
    expect(names("occupied_heating_setpoint", "setpoint", "local_temperature")).toEqual([
      "occupied heating setpoint",
      "setpoint",
      "temperature",
    ]);
  });

  it("tells a relay POWER from a measured Power", () => {
    expect(names("POWER", "ENERGY.Power")).toEqual(["POWER", "Power"]);
  });
});
