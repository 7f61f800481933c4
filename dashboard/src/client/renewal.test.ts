import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RENEW_AT_LEAST_MS, Renewal } from "./renewal.ts";
import { FakeHub } from "./testing/fake_hub.ts";

const T0 = Date.UTC(2030, 0, 1);
const S0 = T0 / 1000;

beforeEach(() => void vi.useFakeTimers({ now: T0 }));
afterEach(() => void vi.useRealTimers());

/** A hub that has answered the sign-in with a token of so many seconds. */
async function signedIn(token: () => string | Promise<string>, ttl: number): Promise<FakeHub> {
  const hub = new FakeHub({ token });
  hub.connection.connect();
  await vi.advanceTimersByTimeAsync(0);
  hub.open();
  expect(hub.takeSent()).toEqual([{ type: "auth", id: 1, token: "one" }]);
  hub.say({ type: "reply", id: 1, ok: true, user: "anna", role: "viewer", expires: S0 + ttl });
  await vi.advanceTimersByTimeAsync(0);
  hub.log.length = 0;
  return hub;
}

it.each([
  [3600, 3540],
  [100, 90],
  [1, 5],
  [60 * 86_400, 60 * 86_400 - 60],
])("is due before a token of %d s ends, after %d s", (ttl, after) => {
  const due = vi.fn();
  const renewal = new Renewal({ now: Date.now, due });
  renewal.expires(T0 + ttl * 1000);
  vi.advanceTimersByTime(after * 1000 - 1);
  expect(due).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(due).toHaveBeenCalledOnce();
  renewal.expires(T0 + 10 ** 9);
  renewal.stop();
  expect(vi.getTimerCount()).toBe(0);
});

it("signs in with the newest token, in place", async () => {
  const tokens = ["one", "two"];
  const hub = await signedIn(() => tokens.shift() ?? "three", 30);
  await vi.advanceTimersByTimeAsync(27_000);
  expect(hub.takeSent()).toEqual([{ type: "auth", id: 2, token: "two" }]);
  hub.say({ type: "reply", id: 2, ok: true, user: "anna", role: "viewer", expires: S0 + 57 });
  await vi.advanceTimersByTimeAsync(27_000);
  expect(hub.takeSent()).toMatchObject([{ token: "three" }]);
  expect(hub.sockets).toHaveLength(1);
  expect(hub.takeLog("error")).toEqual([]);
});

it.each<[string, () => Promise<string>, string]>([
  ["can't be had", () => Promise.reject(new Error("offline")), "unauthorized"],
  ["the hub refuses", async () => "two", "permission_denied"],
])("of a token that %s is an error, and tried again", async (_name, second, name) => {
  let asked = 0;
  const hub = await signedIn(() => (asked++ === 0 ? "one" : second()), 30);
  await vi.advanceTimersByTimeAsync(27_000);
  if (name === "permission_denied")
    hub.say({ type: "reply", id: 2, ok: false, error: { code: 103, name, message: "" } });
  await vi.advanceTimersByTimeAsync(0);
  expect(hub.takeLog("error")).toMatchObject([{ name }]);
  await vi.advanceTimersByTimeAsync(RENEW_AT_LEAST_MS);
  expect(asked).toBe(3);
  hub.connection.close();
});

it("is not made where the hub does not say until when a sign-in is good, or refuses it", async () => {
  const hub = new FakeHub({ token: () => "one" });
  hub.connection.connect();
  await vi.advanceTimersByTimeAsync(0);
  hub.open();
  hub.reply();
  hub.hangUp(1006);
  await vi.advanceTimersByTimeAsync(500);
  hub.open();
  hub.refuse(103, "permission_denied");
  hub.heartbeat("a-1");
  await vi.advanceTimersByTimeAsync(30_000);
  expect(hub.takeSent()).toEqual([{ type: "auth", id: 2, token: "one" }]);
  expect(hub.takeLog("error")).toEqual([]);
  hub.connection.close();
});

it("that is under way when the link goes is no error, and without a token there is none", async () => {
  const hub = await signedIn(() => "one", 30);
  await vi.advanceTimersByTimeAsync(27_000);
  hub.hangUp(1006);
  await vi.advanceTimersByTimeAsync(0);
  expect(hub.takeLog("error")).toEqual([]);
  const page = new FakeHub();
  await expect(page.connection.renew()).resolves.toBeUndefined();
});
