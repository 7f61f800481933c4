import { beforeEach, describe, expect, it } from "vitest";
import type { HubEvent } from "../client/index.ts";
import { Devices, fromLevel } from "./devices.ts";

let devices: Devices;

beforeEach(() => {
  devices = new Devices();
});

function event(topic: string, time: number, data: Record<string, unknown>, received?: number): HubEvent {
  return { topic, time, ...(received === undefined ? {} : { received }), data };
}

const apply = (...events: HubEvent[]) => devices.apply(events, { snapshot: false });

describe("apply", () => {
  it("makes a device of whatever comes first, with its id as its name", () => {
    const change = apply(
      event("telemetry/kitchen", 10, { temperature: 21.5 }),
      event("connectivity/hall%2Flamp", 11, { state: "online" }),
    );
    expect(change.added).toEqual(["kitchen", "hall/lamp"]);
    expect([...change.devices]).toEqual(["kitchen", "hall/lamp"]);
    expect(devices.size).toBe(2);
    expect([...devices.all()].map(({ id }) => id)).toEqual(["kitchen", "hall/lamp"]);
    expect(devices.get("hall/lamp")).toMatchObject({ id: "hall/lamp", level: "hall%2Flamp", name: "hall/lamp" });
    expect(devices.get("cellar")).toBeUndefined();
  });

  it.each(["chat/ops", "telemetry", "telemetry/", "telemetry/kitchen/oven", "raw/telemetry/kitchen"])(
    "passes over %s",
    (topic) => {
      expect(apply(event(topic, 1, { temperature: 1 }))).toEqual({ devices: new Set(), added: [] });
      expect(devices.size).toBe(0);
    },
  );

  it("tells each changed device once", () => {
    apply(event("telemetry/kitchen", 1, { temperature: 1 }));
    const change = apply(
      event("telemetry/kitchen", 2, { temperature: 2 }),
      event("telemetry/kitchen", 3, { temperature: 3 }),
    );
    expect([...change.devices]).toEqual(["kitchen"]);
    expect(change.added).toEqual([]);
  });

  it("makes devices known that do nothing yet", () => {
    expect(apply(event("connectivity/kitchen", 1, { state: "sleeping" }))).toEqual({
      devices: new Set(["kitchen"]),
      added: ["kitchen"],
    });
  });
});

describe("telemetry", () => {
  it("keeps the latest value of each key, in the order in which keys came", () => {
    apply(
      event("telemetry/kitchen", 10, { temperature: 21.5, window: "open", fan: true }, 12),
      event("telemetry/kitchen", 20, { temperature: 22, nested: {}, nothing: null, list: [1] }, 25),
    );
    const device = devices.get("kitchen");
    expect([...(device?.keys.keys() ?? [])]).toEqual(["temperature", "window", "fan"]);
    const read = (key: string) => {
      const known = device?.keys.get(key);
      return [known?.value, known?.time, known?.seen, known?.intervalMs];
    };
    expect(read("temperature")).toEqual([22, 20, 25, null]);
    expect(read("window")).toEqual(["open", 10, 12, null]);
    expect(read("fan")).toEqual([true, 10, 12, null]);
    expect(device?.lastSeen).toBe(25);
    expect([...devices.latest.takeDirty()]).toEqual(
      ["temperature", "window", "fan"].map((key) => device?.keys.get(key)?.slot),
    );
  });

  it("that comes late changes no value, but the device has been seen", () => {
    apply(event("telemetry/kitchen", 20, { temperature: 22 }, 21));
    apply(event("telemetry/kitchen", 10, { temperature: 1, humidity: 40 }, 30));
    const device = devices.get("kitchen");
    expect(device?.keys.get("temperature")?.value).toBe(22);
    expect(device?.keys.get("humidity")?.value).toBe(40);
    expect(device?.lastSeen).toBe(30);
    apply(event("telemetry/kitchen", 15, {}));
    expect(device?.lastSeen).toBe(30);
  });

  it("teaches the interval of the device and of its keys, a snapshot does not", () => {
    devices.apply([event("telemetry/kitchen", 0, { temperature: 1 })], { snapshot: true });
    const device = devices.get("kitchen");
    for (let i = 1; i <= 4; i++) {
      expect(device?.intervalMs).toBeNull();
      apply(
        event("telemetry/kitchen", 50_000 + i * 10_000, i === 4 ? { temperature: i, humidity: 1 } : { temperature: i }),
      );
    }
    expect(device?.intervalMs).toBe(10_000);
    expect(device?.keys.get("temperature")?.intervalMs).toBe(10_000);
    expect(device?.keys.get("humidity")?.intervalMs).toBeNull();
  });
});

describe("connectivity", () => {
  it("is since the first event that said so", () => {
    apply(event("connectivity/kitchen", 10, { state: "online" }));
    expect(apply(event("connectivity/kitchen", 20, { state: "online" })).devices.size).toBe(0);
    expect(devices.get("kitchen")?.connectivity).toMatchObject({ state: "online", time: 10 });
    expect(apply(event("connectivity/kitchen", 30, { state: "offline" })).devices.size).toBe(1);
    expect(devices.get("kitchen")?.connectivity).toMatchObject({ state: "offline", time: 30 });
  });

  it("that comes late or is unknown changes nothing", () => {
    apply(event("connectivity/kitchen", 10, { state: "online" }));
    expect(apply(event("connectivity/kitchen", 5, { state: "offline" })).devices.size).toBe(0);
    expect(apply(event("connectivity/kitchen", 20, { state: "sleeping" })).devices.size).toBe(0);
    expect(devices.get("kitchen")?.connectivity).toMatchObject({ state: "online", time: 10 });
    expect(devices.get("kitchen")?.isSilent()).toBeNull();
  });

  it("that the hub judges says since when, which keys are silent and how often it speaks", () => {
    apply(event("connectivity/kitchen", 50, { state: "online", since: 10, keys: ["h"], interval_ms: 5000 }));
    const device = devices.get("kitchen");
    expect(device?.connectivity).toMatchObject({ state: "online", time: 10, interval_ms: 5000 });
    expect(["h", "t", undefined].map((key) => device?.isSilent(key))).toEqual([true, false, false]);
    expect(device?.intervalMs).toBe(5000);
    expect(apply(event("connectivity/kitchen", 60, { state: "online", since: 10 })).devices.size).toBe(1);
    expect(device?.isSilent("h")).toBe(false);
  });

  it("says how often a stale key usually comes, where this page has not heard it often enough", () => {
    apply(event("telemetry/kitchen", 10, { h: 1, t: 2 }));
    const key_intervals = { h: 5000, t: "x" };
    apply(event("connectivity/kitchen", 50, { state: "online", since: 10, keys: ["h", "t"], key_intervals }));
    const device = devices.get("kitchen");
    const usual = ["h", "t"].map((key) => {
      const value = device?.keys.get(key);
      return value === undefined ? undefined : device?.usualMs(value);
    });
    expect(usual).toEqual([5000, null]);
  });
});

describe("records", () => {
  it("name a device before it does itself", () => {
    apply(event("registry/kitchen", 10, { version: 1, name: "Kitchen", tags: ["a"] }));
    apply(event("device/kitchen", 11, { name: "0x01" }));
    expect(devices.get("kitchen")).toMatchObject({ name: "Kitchen", ownName: "0x01", record: { tags: ["a"] } });
    apply(event("registry/kitchen", 12, { version: 2, name: "" }));
    expect(devices.get("kitchen")?.name).toBe("0x01");
  });

  it("count once for each version", () => {
    apply(event("registry/kitchen", 10, { version: 2, name: "Kitchen" }));
    expect(apply(event("registry/kitchen", 11, { version: 2, name: "Cellar" })).devices.size).toBe(0);
    expect(devices.record("kitchen").name).toBe("Kitchen");
    expect(devices.record("cellar").version).toBe(0);
    expect(devices.get("kitchen")).toBeUndefined();
  });

  it("of forgotten devices take them away until they speak again", () => {
    apply(event("device/kitchen", 10, { name: "K" }), event("telemetry/kitchen", 10, { t: 1 }));
    apply(event("registry/kitchen", 20, { version: 1, forgotten: 20 }));
    expect(devices.get("kitchen")).toBeUndefined();
    apply(event("telemetry/kitchen", 30, { t: 2 }), event("device/kitchen", 30, { name: "K" }));
    expect(devices.get("kitchen")?.keys.get("t")?.value).toBe(2);
    apply(event("registry/kitchen", 20, { version: 1, forgotten: 20 }));
    expect(devices.size).toBe(1);
  });

  it("that were forgotten before they spoke last stay", () => {
    apply(event("telemetry/kitchen", 30, { t: 2 }));
    apply(event("registry/kitchen", 20, { version: 2, forgotten: 20 }));
    expect(devices.get("kitchen")?.keys.get("t")?.value).toBe(2);
  });

  it("of a device that was only described take it out of the list too", () => {
    apply(event("device/kitchen", 10, { name: "K" }));
    apply(event("registry/kitchen", 20, { version: 1, forgotten: 20 }));
    expect([...devices.all()]).toEqual([]);
  });
});

describe("descriptions", () => {
  const full = {
    name: "Kitchen",
    family: "zigbee2mqtt",
    units: { temperature: "°C", broken: 1 },
    attributes: { model: "WSDCGQ11LM" },
  };

  it("say what is known of a device", () => {
    apply(event("device/kitchen", 10, full));
    expect(devices.get("kitchen")).toMatchObject({ ...full, units: { temperature: "°C" } });
  });

  it("name the gateway that a device is behind", () => {
    apply(event("device/kitchen", 10, { via: "bridge" }));
    expect(devices.get("kitchen")?.via).toBe("bridge");
  });

  it("that come late change nothing", () => {
    apply(event("device/kitchen", 10, full));
    expect(apply(event("device/kitchen", 9, { name: "Cellar" })).devices.size).toBe(0);
    expect(devices.get("kitchen")?.name).toBe("Kitchen");
  });

  it.each([
    [{}, { name: "kitchen", family: "", units: {}, attributes: {} }],
    [
      { name: "", family: 1, units: [], attributes: [] },
      { name: "kitchen", family: "", units: {}, attributes: {} },
    ],
  ])("that say less leave the rest: %j", (data, expected) => {
    apply(event("device/kitchen", 10, data));
    expect(devices.get("kitchen")).toMatchObject(expected);
  });
});

describe("fromLevel", () => {
  it.each([
    ["kitchen", "kitchen"],
    ["hall%2Flamp", "hall/lamp"],
    ["%D1%86%D0%B5%D1%85", "цех"],
    ["100%", "100%"],
  ])("reads %s as %s", (level, id) => {
    expect(fromLevel(level)).toBe(id);
  });
});
