import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { SUBSCRIBE_TIMEOUT_MS } from "./subscriptions.ts";
import { event, FakeHub } from "./testing/fake_hub.ts";
import { loaded, Reader } from "./testing/reader.ts";

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
  vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
  hub = new FakeHub();
});
afterEach(() => void vi.useRealTimers());

describe("subscribing", () => {
  it("waits for the link; what wants a snapshot and what does not go in a frame each", async () => {
    new Reader(hub, ["telemetry/+", "device/+"], { snapshot: true });
    new Reader(hub, ["telemetry/+", "chat/ops"], { snapshot: true });
    new Reader(hub, ["system/#"]);
    await connect();
    expect(hub.takeSent()).toEqual([
      { type: "subscribe", id: 1, filters: ["telemetry/+", "device/+", "chat/ops"], snapshot: true },
      { type: "subscribe", id: 2, filters: ["system/#"] },
    ]);
  });

  it("while connected sends a frame of its own", async () => {
    await connect();
    const { subscription } = new Reader(hub, ["telemetry/+", "telemetry/+"], { snapshot: true });
    expect(subscription).toMatchObject({ state: "subscribing", filters: ["telemetry/+"] });
    expect(hub.reply({ position: "a-1" })).toEqual({
      type: "subscribe",
      id: 1,
      filters: ["telemetry/+"],
      snapshot: true,
    });
    expect(subscription.state).toBe("subscribed");
  });

  it("sends a filter that is live already only for its snapshot, which the others do not get again", async () => {
    await connect();
    const first = loaded(hub, ["telemetry/+"], "a-1");
    const following = new Reader(hub, ["telemetry/+"]);
    expect(hub.takeSent()).toEqual([]);
    expect(following.subscription.state).toBe("subscribed");
    const partly = new Reader(hub, ["telemetry/+", "chat/ops"]);
    expect(hub.reply({ position: "a-1" })).toMatchObject({ filters: ["chat/ops"] });
    const second = new Reader(hub, ["telemetry/+"], { snapshot: true });
    hub.events("a-2", [event("telemetry/a", 1)]);
    expect(hub.reply({ position: "a-2" })).toMatchObject({ filters: ["telemetry/+"], snapshot: true });
    hub.events("a-2", [event("telemetry/a", 1), event("telemetry/b", 1)], { snapshot: true });
    hub.events("a-3", [event("telemetry/b", 2)]);
    expect(first.take()).toEqual(["live a-2: telemetry/a", "live a-3: telemetry/b"]);
    expect(following.take()).toEqual(["live a-2: telemetry/a", "live a-3: telemetry/b"]);
    expect(partly.take()).toEqual(["live a-2: telemetry/a", "live a-3: telemetry/b"]);
    expect(second.take()).toEqual(["snapshot a-2: telemetry/a telemetry/b", "live a-3: telemetry/b"]);
  });

  it("sends a filter again while the first frame with it has no answer", async () => {
    await connect();
    new Reader(hub, ["telemetry/+"]);
    new Reader(hub, ["telemetry/+"]);
    expect(hub.takeSent()).toHaveLength(2);
  });

  it("tells of an empty snapshot, and not of live frames for others", async () => {
    await connect();
    const reader = new Reader(hub, ["telemetry/+"], { snapshot: true });
    hub.reply({ position: "a-1" });
    hub.events("a-1", [], { snapshot: true });
    hub.events("a-2", [event("chat/ops", 1)]);
    expect(reader.take()).toEqual(["snapshot a-1: "]);
  });

  it.each([
    ["no filter", [], undefined],
    ["a signal that has aborted", ["#"], AbortSignal.abort()],
  ])("with %s ends at once", async (_name, filters, signal) => {
    await connect();
    const { subscription } = new Reader(hub, filters, signal === undefined ? {} : { signal });
    expect(subscription.state).toBe("unsubscribed");
    expect(hub.takeSent()).toEqual([]);
  });
});

describe("closing a subscription", () => {
  it("takes filters off the wire that nobody else wants", async () => {
    await connect();
    const a = loaded(hub, ["telemetry/+", "chat/ops"], "a-1");
    const b = loaded(hub, ["telemetry/+"], "a-1");
    a.subscription.close();
    a.subscription.close();
    expect(hub.reply({ position: "a-1" })).toEqual({ type: "unsubscribe", id: 3, filters: ["chat/ops"] });
    hub.events("a-2", [event("telemetry/a", 1), event("chat/ops", 1)]);
    expect(a.take()).toEqual([]);
    expect(b.take()).toEqual(["live a-2: telemetry/a"]);
    hub.takeSent();
    b.subscription.close();
    expect(hub.takeSent()).toEqual([{ type: "unsubscribe", id: 4, filters: ["telemetry/+"] }]);
  });

  it("sends nothing while disconnected", async () => {
    const { subscription } = new Reader(hub, ["telemetry/+"]);
    subscription.close();
    await connect();
    expect(hub.takeSent()).toEqual([]);
  });

  it("by `using` and by the signal leaves no listener behind", async () => {
    await connect();
    const controller = new AbortController();
    const removed = vi.spyOn(controller.signal, "removeEventListener");
    {
      using subscription = new Reader(hub, ["telemetry/+"], { signal: controller.signal }).subscription;
      expect(subscription.state).toBe("subscribing");
    }
    expect(removed).toHaveBeenCalledOnce();
    const { subscription } = new Reader(hub, ["chat/+"], { signal: controller.signal });
    controller.abort();
    expect(subscription.state).toBe("unsubscribed");
    expect(removed).toHaveBeenCalledTimes(2);
    expect(hub.takeSent().map(({ type }) => type)).toEqual(["subscribe", "unsubscribe", "subscribe", "unsubscribe"]);
  });

  it("before its answer is not undone by the answer", async () => {
    await connect();
    const reader = new Reader(hub, ["telemetry/+"], { snapshot: true });
    reader.subscription.close();
    hub.reply({ position: "a-1" });
    hub.events("a-1", [event("telemetry/a", 1)], { snapshot: true });
    expect(reader.subscription.state).toBe("unsubscribed");
    expect(reader.take()).toEqual([]);
    new Reader(hub, ["telemetry/+"]);
    expect(hub.takeSent()).toHaveLength(3);
  });

  it("from the callback of another one holds at once", async () => {
    await connect();
    const second: { current?: Reader } = {};
    hub.connection.subscribe(["#"], { events: () => second.current?.subscription.close() });
    second.current = new Reader(hub, ["#"]);
    hub.reply();
    hub.reply();
    hub.events("a-1", [event("telemetry/a", 1)]);
    expect(second.current.take()).toEqual([]);
  });

  it("that the hub refuses is an error; without an answer the link is given up", async () => {
    await connect();
    loaded(hub, ["telemetry/+"], "a-1").subscription.close();
    hub.refuse(100, "internal");
    expect(hub.takeLog("error")).toMatchObject([{ name: "internal" }]);
    loaded(hub, ["telemetry/+"], "a-1").subscription.close();
    await vi.advanceTimersByTimeAsync(SUBSCRIBE_TIMEOUT_MS);
    expect(hub.connection.state).toBe("disconnected");
  });
});

describe("the position", () => {
  it("is that of events and heartbeats, not of a reply before what is due has come", async () => {
    await connect();
    new Reader(hub, ["telemetry/+"], { snapshot: true });
    hub.reply({ position: "a-5" });
    expect(hub.connection.position).toBeNull();
    hub.events("a-5", [], { snapshot: true });
    expect(hub.connection.position).toBe("a-5");
    hub.heartbeat("a-6");
    expect(hub.connection.position).toBe("a-6");
  });

  it("is that of the reply where neither since nor a snapshot was asked for and nothing else is live", async () => {
    await connect();
    const { subscription } = new Reader(hub, ["telemetry/+"]);
    hub.reply({ position: "a-5" });
    expect(hub.connection.position).toBe("a-5");
    new Reader(hub, ["chat/+"]);
    hub.reply({ position: "a-6" });
    expect(hub.connection.position).toBe("a-5");
    new Reader(hub, ["raw/#"]);
    hub.reply();
    expect(hub.connection.position).toBe("a-5");
    expect(subscription.state).toBe("subscribed");
  });

  it("stays while a recovery has no answer, so that a link that breaks then loses nothing", async () => {
    await connect();
    loaded(hub, ["telemetry/+"], "a-1");
    new Reader(hub, ["chat/+"], { snapshot: true });
    await reconnect();
    hub.events("a-9", [event("chat/ops", 1)]);
    hub.heartbeat("a-9");
    expect(hub.connection.position).toBe("a-1");
    await reconnect();
    expect(hub.takeSent()[0]).toMatchObject({ since: "a-1" });
  });
});

describe("a refusal", () => {
  it("ends the one subscription and is told as an error", async () => {
    await connect();
    const { subscription } = new Reader(hub, ["system/audit"]);
    hub.refuse(103, "permission_denied");
    expect(subscription.state).toBe("unsubscribed");
    expect(hub.takeLog("error")).toMatchObject([{ name: "permission_denied" }]);
    await reconnect();
    expect(hub.takeSent()).toEqual([]);
  });

  it("of several at once finds out which one is at fault", async () => {
    await connect();
    const good = loaded(hub, ["telemetry/+"], "a-1");
    const bad = loaded(hub, ["system/audit"], "a-1");
    await reconnect();
    hub.takeSent();
    hub.refuse(103, "permission_denied");
    expect(hub.takeSent()).toMatchObject([
      { filters: ["telemetry/+"], since: "a-1" },
      { filters: ["system/audit"], since: "a-1" },
    ]);
    hub.reply({ position: "a-1", recovered: true });
    hub.refuse(103, "permission_denied");
    expect([good.subscription.state, bad.subscription.state]).toEqual(["subscribed", "unsubscribed"]);
  });

  it("takes off the wire what others had put there and nobody wants now", async () => {
    await connect();
    const first = loaded(hub, ["telemetry/+"], "a-1");
    new Reader(hub, ["telemetry/+", "system/audit"]);
    first.subscription.close();
    expect(hub.takeSent()).toMatchObject([{ type: "subscribe", filters: ["system/audit"] }]);
    hub.refuse(103, "permission_denied");
    expect(hub.takeSent()).toMatchObject([{ type: "unsubscribe", filters: ["telemetry/+"] }]);
  });

  it("of a subscription that was closed meanwhile changes nothing more", async () => {
    await connect();
    const { subscription } = new Reader(hub, ["system/audit"]);
    subscription.close();
    hub.refuse(103, "permission_denied");
    expect(hub.takeSent().map(({ type }) => type)).toEqual(["subscribe", "unsubscribe"]);
  });

  it.each([
    ["that may pass", () => hub.refuse(108, "not_available")],
    ["that never comes", () => vi.advanceTimersByTime(SUBSCRIBE_TIMEOUT_MS)],
  ])("%s gives the link up, which comes back", async (_name, happen) => {
    await connect();
    new Reader(hub, ["telemetry/+"]);
    happen();
    expect(hub.connection.state).toBe("disconnected");
    await vi.advanceTimersByTimeAsync(20_000);
    hub.open();
    expect(hub.takeSent()).toMatchObject([{ filters: ["telemetry/+"] }]);
  });
});

describe("a subscriber that fails", () => {
  it("is an error and does not keep others from their events", async () => {
    await connect();
    hub.connection.subscribe(["#"], {
      events: () => {
        throw new Error("no such chart");
      },
    });
    const other = new Reader(hub, ["#"]);
    hub.reply();
    hub.reply();
    hub.events("a-1", [event("telemetry/a", 1)]);
    expect(hub.takeLog("error")).toMatchObject([
      { name: "internal", message: expect.stringContaining("no such chart") },
    ]);
    expect(other.take()).toEqual(["live a-1: telemetry/a"]);
  });
});
