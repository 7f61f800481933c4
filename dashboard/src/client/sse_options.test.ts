import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Connection, type HubError } from "./index.ts";
import { openEventStream } from "./sse.ts";
import { FakeHttp } from "./testing/fake_http.ts";

const hot = { key: "t", op: "gt", value: 30 } as const;
const me = (expires: number) => ({ user: "anna", role: "operator", expires });
const S0 = Date.UTC(2030, 0, 1) / 1000;

let http: FakeHttp;
let connection: Connection;
let tokens: (string | null)[];

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

const got: [string, unknown[]][] = [];

function read(name: string, options: Parameters<Connection["subscribe"]>[2] = {}) {
  const events = (batch: { data: Record<string, unknown> }[]) => got.push([name, batch.map(({ data }) => data.t)]);
  return connection.subscribe(["telemetry/+"], { events }, options);
}

function say(frame: Record<string, unknown> & { type: string }): void {
  http.newest.block(frame);
}

function events(position: string, values: number[]): void {
  say({ type: "events", position, events: values.map((t) => ({ topic: "telemetry/a", time: 1, data: { t } })) });
}

beforeEach(async () => {
  vi.useFakeTimers({ now: S0 * 1000 });
  http = new FakeHttp();
  got.length = 0;
  tokens = [null];
  connection = new Connection({
    url: "ws://hub.test/ws",
    token: () => (tokens.length > 1 ? tokens.shift() : tokens[0]) ?? null,
    random: () => 0,
    socket: (url, protocols) => openEventStream(url, protocols, http.fetch),
  });
});
afterEach(() => {
  connection.close();
  vi.useRealTimers();
});

async function open(expires = S0 + 3600): Promise<void> {
  connection.connect();
  await settle();
  http.newest.json(me(expires));
  await settle();
}

it("options stand in the URL while all subscriptions have the same, and hold where they differ", async () => {
  await open();
  read("hot", { where: hot, fields: ["t"], maxRate: 2, presence: true });
  expect(http.newest.query).toEqual([
    ["filter", "telemetry/+"],
    ["where", JSON.stringify(hot)],
    ["fields", "t"],
    ["max_rate", "2"],
    ["presence", "1"],
  ]);
  http.newest.begin();
  say({ type: "reply", id: 1, ok: true, position: "a-1" });
  await settle();
  const all = read("all");
  expect(http.newest.query).toEqual([
    ["filter", "telemetry/+"],
    ["begin", "telemetry/+"],
    ["since", "a-1"],
    ["presence", "1"],
  ]);
  http.newest.begin();
  say({ type: "reply", id: 1, ok: true, position: "a-1", recovered: true });
  events("a-1", []);
  say({ type: "reply", id: 2, ok: true, position: "a-1" });
  events("a-2", [29, 31]);
  await settle();
  expect(got).toEqual([
    ["hot", [31]],
    ["all", [29, 31]],
  ]);
  all.close();
  expect(http.newest.query).toContainEqual(["max_rate", "2"]);
});

it("after a lost link each options goes on from the position, one after the other", async () => {
  await open();
  read("all");
  http.newest.begin();
  say({ type: "reply", id: 1, ok: true, position: "a-1" });
  await settle();
  read("hot", { where: hot });
  http.newest.begin();
  say({ type: "reply", id: 1, ok: true, position: "a-1", recovered: true });
  events("a-1", []);
  say({ type: "reply", id: 2, ok: true, position: "a-1" });
  await settle();
  http.newest.break();
  await settle();
  await vi.advanceTimersByTimeAsync(500);
  http.newest.json(me(S0));
  await settle();
  expect(http.newest.query).toEqual([
    ["filter", "telemetry/+"],
    ["since", "a-1"],
  ]);
  http.newest.begin();
  say({ type: "reply", id: 1, ok: true, position: "a-3", recovered: true });
  events("a-3", [29, 31]);
  await settle();
  expect(http.newest.query).toEqual([
    ["filter", "telemetry/+"],
    ["begin", "telemetry/+"],
    ["since", "a-3"],
    ["begin_since", "a-1"],
  ]);
  http.newest.begin();
  say({ type: "reply", id: 1, ok: true, position: "a-4", recovered: true });
  events("a-4", [32]);
  expect(connection.position).toBe("a-1");
  say({ type: "reply", id: 2, ok: true, position: "a-4", recovered: true });
  events("a-4", [29, 31, 32]);
  await settle();
  expect(got).toEqual([
    ["all", [29, 31]],
    ["all", [32]],
    ["hot", [31, 32]],
  ]);
  expect(connection.position).toBe("a-4");
});

it("a new token is for all that comes after, and the stream is made anew with it", async () => {
  tokens = ["one", "two"];
  await open(S0 + 30);
  read("all");
  http.newest.begin();
  say({ type: "reply", id: 1, ok: true, position: "a-1" });
  await settle();
  await vi.advanceTimersByTimeAsync(27_000);
  const [stream, asked] = http.requests.slice(-2);
  expect(stream?.url.pathname).toBe("/events");
  expect(asked?.url.pathname).toBe("/api/me");
  for (const request of [stream, asked]) expect(request?.init.headers).toEqual({ authorization: "Bearer two" });
  asked?.json(me(S0 + 3600));
  await settle();
  expect(connection.state).toBe("connected");
});

it("a token that the hub does not know any more ends the link", async () => {
  tokens = ["one", "two"];
  await open(S0 + 30);
  await vi.advanceTimersByTimeAsync(27_000);
  http.newest.refuse(401, 101, "invalid_token");
  await settle();
  expect(connection.state).toBe("disconnected");
});

it("an answer that does not say who is signed in is none to a sign-in", async () => {
  tokens = ["one"];
  connection.connect();
  await settle();
  http.newest.resolve(new Response("fine"));
  await settle();
  http.newest.json(me(S0 + 3600));
  await settle();
  expect(connection.state).toBe("connected");
});

it("who is on a topic is asked by request; typing is not told", async () => {
  await open();
  const present = connection.presence("chat/ops");
  await settle();
  expect(http.newest.url.href).toBe("http://hub.test/api/presence?topic=chat%2Fops");
  http.newest.json({ total: 1, members: [{ user: "anna", sessions: 1, since: 1 }] });
  await expect(present).resolves.toMatchObject({ total: 1 });
  const refused = connection.presence("chat/ops").catch((error: HubError) => error.name);
  await settle();
  http.newest.refuse(403, 103, "permission_denied");
  await expect(refused).resolves.toBe("permission_denied");
  await expect(connection.typing("chat/ops")).rejects.toMatchObject({ name: "not_available" });
});

it("the past is not played over this wire, and that is said", async () => {
  await open();
  read("all");
  say({ type: "reply", id: 1, ok: true, position: "a-1" });
  const ended = new Promise<HubError | null>((resolve) => {
    connection.replay(["telemetry/+"], 100, { events: () => {}, end: resolve });
  });
  await settle();
  expect(await ended).toMatchObject({ name: "not_available" });
});
