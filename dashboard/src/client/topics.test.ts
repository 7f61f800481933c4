import { expect, it } from "vitest";
import golden from "../../../tests/golden/levels.json";
import { matches, toLevel } from "./topics.ts";

it.each([
  ["telemetry/kitchen", "telemetry/kitchen", true],
  ["telemetry/kitchen", "telemetry/cellar", false],
  ["telemetry/kitchen", "telemetry", false],
  ["telemetry", "telemetry/kitchen", false],
  ["telemetry/+", "telemetry/kitchen", true],
  ["telemetry/+", "telemetry/", true],
  ["telemetry/+", "telemetry/kitchen/oven", false],
  ["telemetry/+", "telemetry", false],
  ["+/kitchen", "telemetry/kitchen", true],
  ["telemetry/#", "telemetry/kitchen/oven", true],
  ["telemetry/#", "telemetry", true],
  ["#", "telemetry/kitchen", true],
  ["#", "$SYS/uptime", false],
  ["+/uptime", "$SYS/uptime", false],
  ["$SYS/#", "$SYS/uptime", true],
])("%s selects %s: %s", (filter, topic, expected) => {
  expect(matches(filter, topic)).toBe(expected);
});

it.each(golden)("$name is the level $level", ({ name, level }) => {
  expect(toLevel(name)).toBe(level);
});
