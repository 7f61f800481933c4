import { describe, expect, it } from "vitest";
import { Devices } from "../../state/index.ts";
import { MAX_OFFERED, matching, partsOf, targetsOf } from "./merging.ts";

function fleet(...records: [level: string, record: Record<string, unknown>][]): Devices {
  const devices = new Devices();
  const events = records.flatMap(([level, record]) => [
    { topic: `telemetry/${level}`, time: 1, data: { t: 1 } },
    { topic: `registry/${level}`, time: 1, data: { version: 1, ...record } },
  ]);
  devices.apply(events, { snapshot: false });
  return devices;
}

const ids = (devices: readonly { id: string }[]) => devices.map(({ id }) => id);

describe("merging", () => {
  const devices = fleet(
    ["c", { name: "Old boiler" }],
    ["a b", { merged_into: "hall" }],
    ["hall", { name: "hall" }],
    ["b", {}],
  );
  const of = (id: string) => {
    const device = devices.get(id);
    if (device === undefined) throw new Error(id);
    return device;
  };

  it("offers what stands alone, by name", () => {
    expect(ids(targetsOf(of("c"), devices.all()))).toEqual(["b", "hall"]);
    expect(ids(targetsOf(of("b"), devices.all()))).toEqual(["hall", "c"]);
  });

  it("offers nothing to a device that has parts", () => {
    expect(ids(partsOf(of("hall"), devices.all()))).toEqual(["a b"]);
    expect(targetsOf(of("hall"), devices.all())).toEqual([]);
    expect(partsOf(of("b"), devices.all())).toEqual([]);
  });

  it("finds a device by the words of its name or id", () => {
    const targets = targetsOf(of("b"), devices.all());
    expect(ids(matching(targets, " BOILER old "))).toEqual(["c"]);
    expect(ids(matching(targets, "c"))).toEqual(["c"]);
    expect(matching(targets, "boiler hall")).toEqual([]);
    const many = fleet(
      ...Array.from({ length: 30 }, (_, n): [string, object] => [`d${n}`, {}]).map(
        ([level]): [string, Record<string, unknown>] => [level, {}],
      ),
    );
    const first = [...many.all()][0];
    if (first === undefined) throw new Error("none");
    expect(matching(targetsOf(first, many.all()), "")).toHaveLength(MAX_OFFERED);
  });
});
