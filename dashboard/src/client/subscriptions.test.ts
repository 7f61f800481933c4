import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EventsInfo, HubEvent, Subscription } from "./index.ts";
import { SUBSCRIBE_TIMEOUT_MS } from "./subscriptions.ts";
import { event, FakeHub } from "./testing/fake_hub.ts";

const T0 = Date.UTC(2030, 0, 1);

/** A subscription that writes down what it gets: topics, `snapshot:` before those of a snapshot, and gaps. */
class Reader {
  readonly got: string[] = [];
  readonly subscription: Subscription;

  constructor(hub: FakeHub, filters: string[], options: { snapshot?: boolean; signal?: AbortSignal } = {}) {
    const events = (batch: HubEvent[], { snapshot, position }: EventsInfo) =>
      this.got.push(`${snapshot ? "snapshot" : "live"} ${position}: ${batch.map(({ topic }) => topic).join(" ")}`);
    const gap = () => this.got.push("gap");
    this.subscription = hub.connection.subscribe(filters, { events, gap }, options);
  }

  take(): string[] {
    return this.got.splice(0);
  }
}

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

/** Subscribes, and all it is due at its begin comes up to the position. */
function loaded(filters: string[], position: string): Reader {
  const reader = new Reader(hub, filters, { snapshot: true });
  hub.reply({ position });
  hub.events(position, [], { snapshot: true });
  reader.take();
  hub.takeSent();
  return reader;
}

beforeEach(() => {
  vi.useFakeTimers({ now: T0 });
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
    const first = loaded(["telemetry/+"], "a-1");
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
    const a = loaded(["telemetry/+", "chat/ops"], "a-1");
    const b = loaded(["telemetry/+"], "a-1");
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
    loaded(["telemetry/+"], "a-1").subscription.close();
    hub.refuse(100, "internal");
    expect(hub.takeLog("error")).toMatchObject([{ name: "internal" }]);
    loaded(["telemetry/+"], "a-1").subscription.close();
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
    loaded(["telemetry/+"], "a-1");
    new Reader(hub, ["chat/+"], { snapshot: true });
    await reconnect();
    hub.events("a-9", [event("chat/ops", 1)]);
    hub.heartbeat("a-9");
    expect(hub.connection.position).toBe("a-1");
    await reconnect();
    expect(hub.takeSent()[0]).toMatchObject({ since: "a-1" });
  });
});

describe("recovery", () => {
  it("sends one frame with all filters and the position; it is complete when all that was missed has come", async () => {
    await connect();
    const a = loaded(["telemetry/+"], "a-1");
    const b = loaded(["telemetry/+", "chat/+"], "a-2");
    await vi.advanceTimersByTimeAsync(3000);
    await reconnect();
    expect(a.subscription.state).toBe("subscribing");
    expect(hub.takeSent()).toEqual([{ type: "subscribe", id: 3, filters: ["telemetry/+", "chat/+"], since: "a-2" }]);
    hub.reply({ position: "a-4", recovered: true });
    hub.events("a-2", [event("telemetry/a", 1)]);
    expect(hub.takeLog("recovery")).toEqual([]);
    hub.events("a-4", [event("chat/ops", 1)]);
    expect(hub.takeLog("recovery")).toEqual([{ recovered: true, from: "a-2", lostSince: T0 + 3000 }]);
    expect(a.take()).toEqual(["live a-2: telemetry/a"]);
    expect(b.take()).toEqual(["live a-2: telemetry/a", "live a-4: chat/ops"]);
    expect(hub.connection.position).toBe("a-4");
  });

  it("that breaks goes on from where it was, with the first loss", async () => {
    await connect();
    loaded(["telemetry/+"], "a-1");
    await reconnect();
    hub.reply({ position: "a-9", recovered: true });
    hub.events("a-1", [event("telemetry/a", 1)]);
    await reconnect();
    hub.reply({ position: "a-9", recovered: true });
    hub.events("a-9", []);
    expect(hub.takeLog("recovery")).toEqual([{ recovered: true, from: "a-1", lostSince: T0 }]);
  });

  it("is complete with a heartbeat where the reply had no position", async () => {
    await connect();
    loaded(["telemetry/+"], "a-1");
    await reconnect();
    hub.reply({ recovered: true });
    hub.events("a-2", []);
    expect(hub.takeLog("recovery")).toEqual([]);
    hub.heartbeat("a-2");
    expect(hub.takeLog("recovery")).toEqual([{ recovered: true, from: "a-1", lostSince: T0 }]);
  });

  it("that is not possible is said, then the snapshot comes to all", async () => {
    await connect();
    const a = loaded(["telemetry/+"], "a-1");
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
    const a = loaded(["telemetry/+"], "a-1");
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
    loaded(["telemetry/+"], "a-1");
    new Reader(hub, ["chat/+"], { snapshot: true });
    hub.reply({ position: "a-2" });
    hub.heartbeat("a-1");
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
    loaded(["telemetry/+"], "a-1").subscription.close();
    await reconnect();
    expect(hub.takeSent()).toEqual([]);
    expect(hub.takeLog("state").at(-1)).toEqual({ state: "connected", final: false });
  });
});

describe("a subscription that died on a living link", () => {
  it("recovers on that link, without a word where nothing is missing", async () => {
    await connect();
    const a = loaded(["telemetry/+"], "a-1");
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
    const a = loaded(["telemetry/+"], "a-1");
    const b = loaded(["chat/+"], "a-1");
    hub.say({ type: "gap", position: "a-9" });
    expect(hub.connection.position).toBe("a-1");
    hub.events("a-9", [event("telemetry/a", 1)], { snapshot: true });
    expect(a.take()).toEqual(["gap", "snapshot a-9: telemetry/a"]);
    expect(b.take()).toEqual(["gap", "snapshot a-9: "]);
    expect(hub.takeLog("gap")).toEqual([{ position: "a-9" }]);
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
    const good = loaded(["telemetry/+"], "a-1");
    const bad = loaded(["system/audit"], "a-1");
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
    const first = loaded(["telemetry/+"], "a-1");
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
