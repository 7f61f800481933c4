import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type PresenceList, presenceOf, watchPresence } from "./index.ts";
import { event, FakeHub } from "./testing/fake_hub.ts";

const anna = { user: "anna", sessions: 2, since: 1 };
const ivan = { user: "ivan", sessions: 1, since: 2 };

let hub: FakeHub;
let seen: PresenceList[];

const users = () => seen.splice(0).map(({ total, members }) => [total, ...members.map(({ user }) => user)]);
const change = (what: string, user: string) => event("presence/chat/ops", 5, { event: what, user });

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

async function answer(total: number, members = [anna]): Promise<void> {
  const asked = hub
    .takeSent()
    .filter(({ type }) => type === "presence")
    .at(-1);
  if (asked === undefined) throw new Error("nobody asked");
  expect(asked).toMatchObject({ topic: "chat/ops" });
  hub.say({ type: "reply", id: asked.id, ok: true, total, members });
  await settle();
}

async function watching() {
  const watch = watchPresence(hub.connection, "chat/ops", (present) => seen.push(present));
  expect(hub.reply({ position: "a-1" })).toMatchObject({ filters: ["presence/chat/ops"], snapshot: true });
  hub.events("a-1", [], { snapshot: true });
  return watch;
}

beforeEach(async () => {
  vi.useFakeTimers();
  seen = [];
  hub = new FakeHub();
  hub.connection.connect();
  await settle();
  hub.open();
});
afterEach(() => void vi.useRealTimers());

describe("presence", () => {
  it("is asked for", async () => {
    const present = hub.connection.presence("chat/ops");
    await answer(1);
    await expect(present).resolves.toEqual({ total: 1, members: [anna] });
    const nobody = hub.connection.presence("chat/ops");
    hub.say({ type: "reply", id: 2, ok: true });
    await expect(nobody).resolves.toEqual({ total: 0, members: [] });
  });

  it("of a subscription is asked for in its frame", () => {
    hub.connection.subscribe(["telemetry/a"], { events: () => undefined }, { presence: true });
    expect(hub.takeSent()).toEqual([{ type: "subscribe", id: 1, filters: ["telemetry/a"], presence: true }]);
  });

  it("changes with joins and leaves", () => {
    expect(presenceOf(change("join", "anna"))).toEqual({ topic: "chat/ops", user: "anna", joined: true, time: 5 });
    expect(presenceOf(change("leave", "anna"))).toMatchObject({ joined: false });
    for (const other of [event("chat/ops", 1, { event: "join", user: "anna" }), change("wave", "anna")]) {
      expect(presenceOf(other)).toBeNull();
    }
    expect(presenceOf(event("presence/a", 1, { event: "join" }))).toBeNull();
  });
});

describe("watching who is on a topic", () => {
  it("follows joins and leaves, those too that came while it was asked", async () => {
    await watching();
    hub.events("a-2", [change("join", "ivan"), change("join", "anna")]);
    await answer(1);
    expect(users()).toEqual([[2, "anna", "ivan"]]);
    hub.events("a-3", [change("leave", "anna"), change("leave", "nobody"), change("wave", "ivan")]);
    expect(users()).toEqual([[1, "ivan"]]);
  });

  it("counts those who are not listed", async () => {
    await watching();
    await answer(1500);
    hub.events("a-2", [change("leave", "somebody")]);
    expect(users()).toEqual([
      [1500, "anna"],
      [1499, "anna"],
    ]);
  });

  it("asks again after a gap, and where the link broke before the answer", async () => {
    await watching();
    await answer(1);
    hub.say({ type: "gap", position: "a-9" });
    hub.events("a-9", [], { snapshot: true });
    await answer(2, [anna, ivan]);
    hub.say({ type: "gap", position: "a-10" });
    hub.hangUp(1006);
    await vi.advanceTimersByTimeAsync(20_000);
    hub.open();
    await answer(1, [ivan]);
    expect(users()).toEqual([
      [1, "anna"],
      [2, "anna", "ivan"],
      [1, "ivan"],
    ]);
    expect(hub.takeLog("error")).toEqual([]);
  });

  it("tells of a refusal, and nothing after its end", async () => {
    const watch = await watching();
    const [asked] = hub.takeSent().filter(({ type }) => type === "presence");
    hub.say({
      type: "reply",
      id: asked?.id ?? 0,
      ok: false,
      error: { code: 103, name: "permission_denied", message: "" },
    });
    await settle();
    expect(hub.takeLog("error")).toMatchObject([{ name: "permission_denied" }]);
    hub.say({ type: "gap", position: "a-9" });
    watch.close();
    await answer(1);
    expect(seen).toEqual([]);
    {
      using again = watchPresence(hub.connection, "chat/ops", () => undefined);
      expect(again).toBeDefined();
    }
  });
});
