import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_WAITING } from "./commands.ts";
import { event, FakeHub } from "./testing/fake_hub.ts";

const T0 = Date.UTC(2030, 0, 1);
const ignore = { events: () => undefined };

let hub: FakeHub;

beforeEach(async () => {
  vi.useFakeTimers({ now: T0 });
  hub = new FakeHub();
  hub.connection.connect();
  await vi.advanceTimersByTimeAsync(0);
  hub.open();
  hub.log.length = 0;
});
afterEach(() => void vi.useRealTimers());

describe("publish", () => {
  it("gives the position of the event, which is not the client's", async () => {
    const published = hub.connection.publish("chat/ops", { text: "hello" });
    expect(hub.reply({ position: "a-7" })).toEqual({
      type: "publish",
      id: 1,
      topic: "chat/ops",
      data: { text: "hello" },
    });
    await expect(published).resolves.toEqual({ position: "a-7" });
    expect(hub.connection.position).toBeNull();
  });

  it("resolves without a position where the hub gives none", async () => {
    const published = hub.connection.publish("chat/ops", { text: "hello" });
    hub.reply();
    await expect(published).resolves.toEqual({ position: "" });
  });

  it("rejects with the hub's refusal, and the connection goes on", async () => {
    const published = hub.connection.publish("chat/ops", { text: "hello" });
    hub.refuse(103, "permission_denied", "Your role does not allow this.");
    await expect(published).rejects.toMatchObject({ code: 103, name: "permission_denied", retry: false });
    expect(hub.connection.state).toBe("connected");
  });

  it("has an unknown outcome after 5 s, and the link is kept", async () => {
    const published = expect(hub.connection.publish("chat/ops", {})).rejects.toMatchObject({ name: "unknown" });
    await vi.advanceTimersByTimeAsync(5000);
    await published;
    hub.reply({ position: "a-7" });
    expect(hub.connection.state).toBe("connected");
  });

  it.each([
    ["breaks", () => hub.hangUp(1006)],
    ["is closed", () => hub.connection.close()],
  ])("has an unknown outcome where the link %s before the answer", async (_name, end) => {
    const published = expect(hub.connection.publish("chat/ops", {})).rejects.toMatchObject({ name: "unknown" });
    end();
    await published;
  });

  it("sends nothing while disconnected or connecting", async () => {
    hub.hangUp(1006);
    await expect(hub.connection.publish("chat/ops", {})).rejects.toMatchObject({ name: "not_connected", retry: true });
    await vi.advanceTimersByTimeAsync(500);
    await expect(hub.connection.publish("chat/ops", {})).rejects.toMatchObject({ name: "not_connected" });
    hub.open();
    expect(hub.takeSent()).toEqual([]);
  });

  it("refuses what is too large before the hub would hang up", async () => {
    const published = hub.connection.publish("chat/ops", { text: "x".repeat(70_000) });
    await expect(published).rejects.toMatchObject({ name: "too_large" });
    expect(hub.takeSent()).toEqual([]);
  });

  it("refuses more than a bounded number at once", async () => {
    const waiting = Array.from({ length: MAX_WAITING }, () => hub.connection.publish("chat/ops", {}).catch(() => 0));
    await expect(hub.connection.publish("chat/ops", {})).rejects.toMatchObject({ name: "too_many_requests" });
    hub.connection.close();
    await Promise.all(waiting);
  });
});

describe("frames", () => {
  it("count events and tell heartbeats", () => {
    hub.connection.subscribe(["#"], ignore);
    hub.reply({ position: "a-1" });
    hub.events("a-2", [event("telemetry/a", 1), event("telemetry/b", 2)]);
    hub.heartbeat("a-3", 120);
    expect(hub.connection.eventsReceived).toBe(2);
    expect(hub.connection.lagMs).toBe(120);
    expect(hub.connection.position).toBe("a-3");
    expect(hub.takeLog("heartbeat")).toEqual([{ position: "a-3", lagMs: 120 }]);
  });

  it("tell who is typing", () => {
    hub.say({ type: "typing", topic: "chat/ops", user: "ivan" });
    expect(hub.takeLog("typing")).toEqual([{ topic: "chat/ops", user: "ivan" }]);
  });

  it("that the hub could not read are errors of no command", () => {
    hub.say({ type: "reply", id: null, ok: false, error: { code: 107, name: "bad_request", message: "no" } });
    expect(hub.takeLog("error")).toMatchObject([{ name: "bad_request" }]);
  });

  it.each([
    ["not JSON", "{"],
    ["binary", new Uint8Array([1])],
  ])("that are %s are a gap, said aloud, and the connection goes on", (_name, data) => {
    const gap = vi.fn();
    hub.connection.subscribe(["chat/#"], { ...ignore, gap });
    hub.connection.subscribe(["telemetry/#"], ignore);
    hub.heartbeat("a-4");
    hub.socket.emit("message", { data });
    expect(hub.log.filter(({ type }) => type !== "heartbeat")).toMatchObject([
      { type: "error", detail: { name: "bad_request" } },
      { type: "gap", detail: { position: "a-4" } },
    ]);
    expect(gap).toHaveBeenCalledOnce();
    expect(hub.connection.state).toBe("connected");
  });
});

describe("listeners", () => {
  it("are typed and can be removed", () => {
    const listener = vi.fn();
    hub.connection.addEventListener("heartbeat", listener);
    hub.connection.removeEventListener("heartbeat", listener);
    hub.heartbeat("a-1");
    expect(listener).not.toHaveBeenCalled();
  });
});

it("the library uses no DOM and no framework", () => {
  const files = import.meta.glob("./*.ts", { query: "?raw", import: "default", eager: true }) as Record<string, string>;
  const sources = Object.entries(files).filter(([name]) => !name.endsWith(".test.ts"));
  expect(sources.length).toBeGreaterThan(10);
  for (const [name, source] of sources) expect(source, name).not.toMatch(/\b(document|window|localStorage)\.|preact/);
  expect(readFileSync(new URL("./index.ts", import.meta.url), "utf8")).toContain("Connection");
});
