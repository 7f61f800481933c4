import { describe, expect, it } from "vitest";
import { headline } from "./headline.ts";

function order(...keys: string[]): string[] {
  return headline(keys.map((key) => ({ key }))).map(({ key }) => key);
}

describe("headline", () => {
  it("puts first what a person asks first", () => {
    expect(order("battery", "linkquality", "local_temperature", "system_mode")).toEqual([
      "local_temperature",
      "system_mode",
      "battery",
      "linkquality",
    ]);
    expect(order("Wifi.Mode", "Heater", "POWER")).toEqual(["POWER", "Heater", "Wifi.Mode"]);
    expect(order("ENERGY.Total", "ENERGY.Yesterday", "ENERGY.Power", "POWER")).toEqual([
      "ENERGY.Power",
      "POWER",
      "ENERGY.Total",
      "ENERGY.Yesterday",
    ]);
  });

  it("puts what is only added up behind what is now", () => {
    expect(order("id", "Total", "energy", "voltage", "current", "power", "humidity", "battery")).toEqual([
      "humidity",
      "power",
      "voltage",
      "current",
      "Total",
      "energy",
      "id",
      "battery",
    ]);
  });

  it("leaves the order of those it does not know", () => {
    expect(order("zeta", "alpha", "water_leak")).toEqual(["water_leak", "zeta", "alpha"]);
  });
});
