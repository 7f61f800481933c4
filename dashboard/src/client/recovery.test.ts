import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { event, FakeHub } from "./testing/fake_hub.ts";
import { loaded, Reader } from "./testing/reader.ts";

const T0 = Date.UTC(2030, 0, 1);

let hub: FakeHub;

async function connect(): Promise<void> {
  hub.connection.connect();
  await vi.advanceTimersByTimeAsync(0);
  hub.open();
}

/** The link breaks and comes back. */
async function reconnect(): Promise<void> {
  hub.hangUp(1006);
  await vi.advanceTimersByTimeAsync(20_000);
  hub.open();
}

beforeEach(() => {
  vi.useFakeTimers({ now: T0 });
  hub = new FakeHub();
});
afterEach(() => void vi.useRealTimers());

describe("recovery", () => {
  it("sends one frame with all filters and the position; it is complete when all that was missed has come", async () => {
    await connect();
    const a = loaded(hub, ["telemetry/+"], "a-1");
    const b = loaded(hub, ["telemetry/+", "chat/+"], "a-2");
    await vi.advanceTimersByTimeAsync(3000);
    await reconnect();
    expect(a.subscription.state).toBe("subscribing");
    expect(hub.takeSent()).toEqual([{ type: "subscribe", id: 3, filters: ["telemetry/+", "chat/+"], since: "a-2" }]);
    hub.reply({ position: "a-4", recovered: true });
    hub.events("a-2", [event("telemetry/a", 1)], { part: true });
    expect(hub.takeLog("recovery")).toEqual([]);
    hub.events("a-4", [event("chat/ops", 1)]);
    expect(hub.takeLog("recovery")).toEqual([{ recovered: true, from: "a-2", lostSince: T0 + 3000 }]);
    expect(a.take()).toEqual(["live a-2: telemetry/a"]);
    expect(b.take()).toEqual(["live a-2: telemetry/a", "live a-4: chat/ops"]);
    expect(hub.connection.position).toBe("a-4");
  });

  it("that breaks goes on from where it was, with the first loss", async () => {
    await connect();
    loaded(hub, ["telemetry/+"], "a-1");
    await reconnect();
    hub.reply({ position: "a-9", recovered: true });
    hub.events("a-1", [event("telemetry/a", 1)], { part: true });
    await reconnect();
    hub.reply({ position: "a-9", recovered: true });
    hub.events("a-9", []);
    expect(hub.takeLog("recovery")).toEqual([{ recovered: true, from: "a-1", lostSince: T0 }]);
  });

  it("that breaks between two parts passes over what had come", async () => {
    await connect();
    const a = loaded(hub, ["telemetry/+"], "a-1");
    const b = loaded(hub, ["telemetry/b"], "a-1");
    await reconnect();
    hub.reply({ position: "a-9", recovered: true });
    hub.events("a-1", [event("telemetry/a", 1), event("telemetry/b", 2)], { part: true });
    await reconnect();
    hub.reply({ position: "a-9", recovered: true });
    hub.events("a-1", [event("telemetry/a", 1), event("telemetry/b", 2), event("telemetry/c", 3)], { part: true });
    hub.events("a-9", [event("telemetry/b", 4)]);
    expect(a.take()).toEqual(["live a-1: telemetry/a telemetry/b", "live a-1: telemetry/c", "live a-9: telemetry/b"]);
    expect(b.take()).toEqual(["live a-1: telemetry/b", "live a-9: telemetry/b"]);
    expect(hub.takeLog("recovery")).toEqual([{ recovered: true, from: "a-1", lostSince: T0 }]);
  });

  it("passes over live parts that had come before the link broke", async () => {
    await connect();
    const a = loaded(hub, ["telemetry/+"], "a-1");
    hub.events("a-3", [event("telemetry/a", 1)], { part: true });
    await reconnect();
    expect(hub.reply({ position: "a-5", recovered: true })).toMatchObject({ since: "a-3" });
    hub.events("a-5", [event("telemetry/a", 1), event("telemetry/b", 2)]);
    expect(a.take()).toEqual(["live a-3: telemetry/a", "live a-5: telemetry/b"]);
  });

  it("brings merged events again, as they can't be counted", async () => {
    await connect();
    const a = loaded(hub, ["telemetry/+"], "a-1");
    hub.events("a-1", [event("telemetry/a", 2)], { part: true, conflated: 2 });
    await reconnect();
    hub.reply({ position: "a-5", recovered: true });
    hub.events("a-5", [event("telemetry/a", 1), event("telemetry/a", 2)]);
    expect(a.take()).toEqual(["live a-1: telemetry/a", "live a-5: telemetry/a telemetry/a"]);
  });

  it("begins where it was when a snapshot for others broke off", async () => {
    await connect();
    loaded(hub, ["telemetry/+"], "a-1");
    new Reader(hub, ["chat/+"], { snapshot: true });
    hub.reply({ position: "a-2" });
    hub.events("none-0", [event("chat/ops", 1)], { snapshot: true, part: true });
    expect(hub.connection.position).toBe("a-1");
    hub.hangUp(1006);
    await vi.advanceTimersByTimeAsync(20_000);
    hub.takeSent();
    hub.open();
    expect(hub.takeSent().map(({ id, ...frame }) => frame)).toEqual([
      { type: "subscribe", filters: ["telemetry/+"], since: "a-1" },
      { type: "subscribe", filters: ["chat/+"], snapshot: true },
    ]);
  });

  it("is complete with the last frame of what was due, not with a heartbeat", async () => {
    await connect();
    loaded(hub, ["telemetry/+"], "a-1");
    await reconnect();
    hub.reply({ position: "a-2", recovered: true });
    hub.heartbeat("a-2");
    expect(hub.connection.position).toBe("a-1");
    expect(hub.takeLog("recovery")).toEqual([]);
    hub.events("a-2", []);
    expect(hub.takeLog("recovery")).toEqual([{ recovered: true, from: "a-1", lostSince: T0 }]);
  });

  it("that is not possible is said, then the snapshot comes to all", async () => {
    await connect();
    const a = loaded(hub, ["telemetry/+"], "a-1");
    new Reader(hub, ["chat/+"]);
    hub.reply({ position: "a-1" });
    await reconnect();
    hub.reply({ position: "b-1", recovered: false });
    expect(hub.takeLog("recovery")).toEqual([{ recovered: false, from: "a-1", lostSince: T0 }]);
    hub.events("b-1", [event("telemetry/a", 1)], { snapshot: true });
    expect(a.take()).toEqual(["snapshot b-1: telemetry/a"]);
    expect(hub.connection.position).toBe("b-1");
  });

  it.each([
    [123, "invalid_position"],
    [112, "unrecoverable_position"],
  ])("from a position that the hub refuses (%d %s) is not possible either", async (code, name) => {
    await connect();
    const a = loaded(hub, ["telemetry/+"], "a-1");
    await reconnect();
    hub.refuse(code, name);
    expect(hub.takeLog("recovery")).toEqual([{ recovered: false, from: "a-1", lostSince: T0 }]);
    expect(hub.reply({ position: "b-1" })).toEqual({
      type: "subscribe",
      id: 3,
      filters: ["telemetry/+"],
      snapshot: true,
    });
    hub.events("b-1", [event("telemetry/a", 1)], { snapshot: true });
    expect(a.take()).toEqual(["snapshot b-1: telemetry/a"]);
    expect(hub.takeLog("error")).toEqual([]);
  });

  it("leaves what was not established to begin anew", async () => {
    await connect();
    loaded(hub, ["telemetry/+"], "a-1");
    new Reader(hub, ["chat/+"], { snapshot: true });
    hub.reply({ position: "a-1" });
    hub.events("a-1", [], { snapshot: true });
    new Reader(hub, ["device/+"], { snapshot: true });
    hub.reply({ position: "a-2" });
    hub.hangUp(1006);
    new Reader(hub, ["system/#"]);
    await vi.advanceTimersByTimeAsync(500);
    hub.takeSent();
    hub.open();
    expect(hub.takeSent().map(({ id, ...frame }) => frame)).toEqual([
      { type: "subscribe", filters: ["telemetry/+", "chat/+"], since: "a-1" },
      { type: "subscribe", filters: ["device/+"], snapshot: true },
      { type: "subscribe", filters: ["system/#"] },
    ]);
  });

  it("sends nothing where nobody subscribes any more", async () => {
    await connect();
    loaded(hub, ["telemetry/+"], "a-1").subscription.close();
    await reconnect();
    expect(hub.takeSent()).toEqual([]);
    expect(hub.takeLog("state").at(-1)).toEqual({ state: "connected", final: false });
  });
});

describe("a subscription that died on a living link", () => {
  it("recovers on that link, without a word where nothing is missing", async () => {
    await connect();
    const a = loaded(hub, ["telemetry/+"], "a-1");
    hub.heartbeat("a-1", 0);
    hub.heartbeat("a-1", 25_000);
    expect(hub.reply({ position: "a-3", recovered: true })).toMatchObject({ filters: ["telemetry/+"], since: "a-1" });
    hub.events("a-3", [event("telemetry/a", 1)]);
    expect(a.take()).toEqual(["live a-3: telemetry/a"]);
    expect(hub.takeLog("recovery")).toEqual([{ recovered: true, from: "a-1" }]);
    expect(hub.sockets).toHaveLength(1);
  });

  it("is nobody's where nobody subscribes", async () => {
    await connect();
    hub.heartbeat("a-1", 0);
    hub.heartbeat("a-1", 25_000);
    expect(hub.takeSent()).toEqual([]);
  });
});

describe("a gap", () => {
  it("is told to all, and the snapshot that follows is for all", async () => {
    await connect();
    const a = loaded(hub, ["telemetry/+"], "a-1");
    const b = loaded(hub, ["chat/+"], "a-1");
    hub.say({ type: "gap", position: "a-9" });
    expect(hub.connection.position).toBe("a-1");
    hub.events("a-9", [event("telemetry/a", 1)], { snapshot: true });
    expect(a.take()).toEqual(["gap", "snapshot a-9: telemetry/a"]);
    expect(b.take()).toEqual(["gap", "snapshot a-9: "]);
    expect(hub.takeLog("gap")).toEqual([{ position: "a-9" }]);
  });
});
