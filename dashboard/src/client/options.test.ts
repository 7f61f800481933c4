import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { event, FakeHub } from "./testing/fake_hub.ts";
import { Reader } from "./testing/reader.ts";

const hot = { key: "t", op: "gt", value: 30 } as const;

let hub: FakeHub;

const temperature = (t: number) => event("telemetry/a", 1, { t });
const sent = () => hub.takeSent().map(({ id, ...frame }) => frame);

beforeEach(async () => {
  vi.useFakeTimers();
  hub = new FakeHub();
  hub.connection.connect();
  await vi.advanceTimersByTimeAsync(0);
  hub.open();
});
afterEach(() => void vi.useRealTimers());

/** A plain reader and one that wants only what is hot, both loaded. */
function readers(): [Reader, Reader] {
  const all = new Reader(hub, ["telemetry/+"]);
  const some = new Reader(hub, ["telemetry/+"], { where: hot });
  hub.reply({ position: "a-1" });
  hub.reply({ position: "a-1" });
  return [all, some];
}

describe("options of a subscription", () => {
  it("go into its frame; each options is a frame of its own", () => {
    readers();
    new Reader(hub, ["telemetry/+"], { where: hot, fields: ["t"], maxRate: 2, snapshot: true });
    expect(sent()).toEqual([
      { type: "subscribe", filters: ["telemetry/+"] },
      { type: "subscribe", filters: ["telemetry/+"], where: hot },
      { type: "subscribe", filters: ["telemetry/+"], snapshot: true, where: hot, fields: ["t"], max_rate: 2 },
    ]);
  });

  it("hold though the connection brings more for others", () => {
    const [all, some] = readers();
    hub.events("a-2", [temperature(1), temperature(31)]);
    hub.events("a-3", [temperature(2)]);
    expect(all.take()).toEqual(["live a-2: telemetry/a telemetry/a", "live a-3: telemetry/a"]);
    expect(some.take()).toEqual(["live a-2: telemetry/a"]);
  });

  it("leave the wire alone, and plain filters do without the others", () => {
    const [all, some] = readers();
    sent();
    all.subscription.close();
    some.subscription.close();
    const other = new Reader(hub, ["telemetry/+"], { where: hot });
    const last = new Reader(hub, ["telemetry/+"], { where: hot });
    hub.reply();
    hub.reply();
    other.subscription.close();
    last.subscription.close();
    expect(sent().filter(({ type }) => type === "unsubscribe")).toEqual([
      { type: "unsubscribe", filters: ["telemetry/+"], where: null },
      { type: "unsubscribe", filters: ["telemetry/+"], where: hot },
      { type: "unsubscribe", filters: ["telemetry/+"], where: hot },
    ]);
  });

  it("recover in a frame each, and what comes for one is not given to the others", async () => {
    const [all, some] = readers();
    hub.hangUp(1006);
    await vi.advanceTimersByTimeAsync(20_000);
    hub.open();
    expect(sent()).toEqual([
      { type: "subscribe", filters: ["telemetry/+"], since: "a-1" },
      { type: "subscribe", filters: ["telemetry/+"], since: "a-1", where: hot },
    ]);
    hub.takeLog("");
    const [first, second] = [hub.socket.sent[0]?.id ?? 0, hub.socket.sent[1]?.id ?? 0];
    hub.say({ type: "reply", id: first, ok: true, position: "a-3", recovered: true });
    hub.events("a-3", [temperature(1), temperature(31)]);
    hub.events("a-4", [temperature(32)]);
    expect(hub.connection.position).toBe("a-1");
    expect(hub.takeLog("recovery")).toEqual([]);
    hub.say({ type: "reply", id: second, ok: true, position: "a-4", recovered: true });
    hub.events("a-4", [temperature(31), temperature(32)]);
    expect(all.take()).toEqual(["live a-3: telemetry/a telemetry/a", "live a-4: telemetry/a"]);
    expect(some.take()).toEqual(["live a-4: telemetry/a telemetry/a"]);
    expect(hub.connection.position).toBe("a-4");
    expect(hub.takeLog("recovery")).toMatchObject([{ recovered: true, from: "a-1" }]);
  });

  it.each([
    [true, false],
    [false, true],
    [false, false],
  ])("that can't all be recovered (%s, %s) are said once not to be", async (first, second) => {
    readers();
    hub.takeLog("");
    hub.hangUp(1006);
    await vi.advanceTimersByTimeAsync(20_000);
    hub.open();
    for (const recovered of [first, second]) {
      hub.reply({ position: "a-3", recovered });
      hub.events("a-3", [], recovered ? {} : { snapshot: true });
    }
    expect(hub.takeLog("recovery")).toMatchObject([{ recovered: false, from: "a-1" }]);
    hub.heartbeat("a-4");
    expect(hub.connection.position).toBe("a-4");
  });

  it("of a stalled subscription are recovered once, however long it takes", () => {
    readers();
    sent();
    for (const lagMs of [1000, 2000, 3000, 4000]) hub.heartbeat("a-1", lagMs);
    expect(sent()).toEqual([
      { type: "subscribe", filters: ["telemetry/+"], since: "a-1" },
      { type: "subscribe", filters: ["telemetry/+"], since: "a-1", where: hot },
    ]);
  });

  it("tell how much stands merged", () => {
    const conflated: number[] = [];
    hub.connection.subscribe(["telemetry/+"], { events: (_, info) => conflated.push(info.conflated) }, { maxRate: 1 });
    hub.reply({ position: "a-1" });
    hub.events("a-2", [temperature(1)]);
    hub.events("a-3", [{ ...temperature(2), conflated: { count: 40, from: 1, min: { t: 1 }, max: { t: 9 } } }], {
      conflated: 40,
    });
    expect(conflated).toEqual([0, 40]);
  });
});
