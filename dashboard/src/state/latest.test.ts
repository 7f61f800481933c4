import { describe, expect, it } from "vitest";
import { LatestValues } from "./latest.ts";

const at = (time: number, seen = time) => ({ time, seen, learn: true });

describe("LatestValues", () => {
  it("gives each series one slot", () => {
    const latest = new LatestValues();
    const slot = latest.slot("pump", "pressure");
    expect(latest.slot("pump", "pressure")).toBe(slot);
    expect(latest.slot("pump", "flow")).not.toBe(slot);
    expect(latest.slot("fan", "pressure")).not.toBe(slot);
    expect(latest.size).toBe(3);
    expect(latest.find("pump", "pressure")).toBe(slot);
    expect(latest.find("pump", "colour")).toBeUndefined();
    expect(latest.find("lamp", "pressure")).toBeUndefined();
    expect(latest.owner(slot)).toEqual({ device: "pump", key: "pressure" });
    expect(latest.owner(99)).toBeUndefined();
  });

  it("has nothing of a slot before its first value, nor of one that it never gave", () => {
    const latest = new LatestValues();
    for (const slot of [latest.slot("pump", "pressure"), 9999]) {
      expect(latest.value(slot)).toBeNull();
      expect(latest.time(slot)).toBeNaN();
      expect(latest.seen(slot)).toBeNaN();
      expect(latest.intervalMs(slot)).toBeNull();
      expect(latest.span(slot)).toEqual({ min: Number.NaN, max: Number.NaN, count: 0 });
    }
  });

  it.each([[21.5], [0], [-0.1], ["open"], [""], [true], [false]])("keeps %j", (value) => {
    const latest = new LatestValues();
    const slot = latest.slot("pump", "value");
    latest.write(slot, "before", at(1));
    latest.write(slot, 7, at(2));
    expect(latest.write(slot, value, at(3, 5))).toBe(true);
    expect(latest.value(slot)).toBe(value);
    expect([latest.time(slot), latest.seen(slot)]).toEqual([3, 5]);
  });

  it("never lets an older value win; of two of the same time the later one does", () => {
    const latest = new LatestValues();
    const slot = latest.slot("pump", "pressure");
    latest.write(slot, 2, at(20));
    expect(latest.write(slot, 1, at(10))).toBe(false);
    expect(latest.value(slot)).toBe(2);
    expect(latest.write(slot, 3, at(20))).toBe(true);
    expect(latest.value(slot)).toBe(3);
  });

  it("tells each changed slot once, with the span of its numbers", () => {
    const latest = new LatestValues();
    const [a, b] = [latest.slot("pump", "pressure"), latest.slot("pump", "flow")];
    latest.write(b, 1, at(1));
    for (const [i, value] of [5, 3, 9, 4].entries()) latest.write(a, value, at(i));
    latest.write(a, "off", at(9));
    expect(latest.span(a)).toEqual({ min: 3, max: 9, count: 4 });
    expect([...latest.takeDirty()]).toEqual([b, a]);
    expect([...latest.takeDirty()]).toEqual([]);
    expect(latest.span(a)).toEqual({ min: Number.NaN, max: Number.NaN, count: 0 });
    latest.write(a, 8, at(10));
    expect(latest.span(a)).toEqual({ min: 8, max: 8, count: 1 });
    expect([...latest.takeDirty()]).toEqual([a]);
  });

  it("learns the interval by the hub's clock, not across what is not to be learned from", () => {
    const latest = new LatestValues();
    const slot = latest.slot("pump", "pressure");
    latest.write(slot, 0, { time: 0, seen: 0, learn: false });
    for (let i = 1; i <= 4; i++) {
      expect(latest.intervalMs(slot)).toBeNull();
      latest.write(slot, i, at(i * 7, 1000 + i * 2000));
    }
    expect(latest.intervalMs(slot)).toBe(2000);
    latest.write(slot, 5, { time: 90, seen: 50_000, learn: false });
    expect(latest.intervalMs(slot)).toBe(2000 + 3000);
    latest.write(slot, 6, at(100, 51_000));
    expect(latest.intervalMs(slot)).toBe(5000);
  });

  it("grows and keeps all", () => {
    const latest = new LatestValues();
    for (let i = 0; i < 1000; i++) latest.write(latest.slot("pump", `k${i}`), i % 2 ? i : `v${i}`, at(i));
    expect(latest.size).toBe(1000);
    expect([...latest.takeDirty()]).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    for (let i = 0; i < 1000; i++) {
      expect(latest.value(i)).toBe(i % 2 ? i : `v${i}`);
      expect(latest.time(i)).toBe(i);
    }
  });
});
